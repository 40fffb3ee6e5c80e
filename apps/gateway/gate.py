"""What the routes share while a gateway runs."""

from dataclasses import dataclass

from apps.gateway.body import BodyReader
from apps.gateway.intake import Intake
from apps.gateway.parts import GatewayParts
from apps.gateway.rates import RateLimits
from apps.gateway.telemetry import Telemetry


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One running gateway."""

    parts: GatewayParts
    telemetry: Telemetry
    intake: Intake
    bodies: BodyReader
    rates: RateLimits


def build_gate(parts: GatewayParts) -> Gate:
    """Set up what the routes share."""
    settings, telemetry = parts.settings, Telemetry()
    return Gate(
        parts=parts,
        telemetry=telemetry,
        intake=Intake(parts, telemetry),
        bodies=BodyReader(settings),
        rates=RateLimits(settings.rate_per_second, settings.rate_burst, parts.monotonic),
    )
