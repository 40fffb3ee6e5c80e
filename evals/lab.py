"""What the cases of a run share: Temporal, the sandbox with its environments, the policy."""

import contextlib
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from temporalio.client import Client

from integrations.bubblewrap.sandbox import BubblewrapSandbox
from suture.policy.model import Autonomy, Policy, Strategies
from suture.settings import Settings, load_policy, package_client_settings
from workers.engine import embedded_in_memory

KEPT = frozenset({"model", "temporal", "log_level", "log_format", "policy_file"})
"""Settings of the operator's that a run heeds: nothing of it may reach a vendor."""


@dataclass(frozen=True, kw_only=True)
class Tiers:
    """Which ways of fixing a run may try."""

    patterns: bool = True
    models: tuple[str, ...] | None = None
    """None: the policy's."""
    diagnosis_only: bool = False

    def applied(self, policy: Policy) -> Policy:
        """Return the policy of this run."""
        models = policy.strategies.models if self.models is None else self.models
        strategies = Strategies(
            patterns=self.patterns,
            models=models,
            verified_needs_oracle=policy.strategies.verified_needs_oracle,
            verified_needs_coverage=policy.strategies.verified_needs_coverage,
        )
        autonomy = Autonomy.OBSERVE if self.diagnosis_only else Autonomy.PROPOSE
        changed = {"strategies": strategies, "autonomy": autonomy, "autonomy_rules": ()}
        return policy.model_copy(update=changed)


AS_THE_POLICY_SAYS = Tiers()


@dataclass(frozen=True, kw_only=True)
class Lab:
    """Ready to run cases."""

    client: Client
    settings: Settings
    """Embedded parts only."""
    policy: Policy
    sandbox: BubblewrapSandbox
    """For the engineer, and `stoppable` for what the harness itself runs."""
    diagnosis_only: bool
    stopped: threading.Event = field(default_factory=threading.Event)
    """Set when the run is interrupted."""


@contextlib.asynccontextmanager
async def open_lab(settings: Settings, tiers: Tiers, cache: Path) -> AsyncIterator[Lab]:
    """Start a Temporal of the run's own, which ends with the context. Environments stay cached.

    Raises:
        SettingsError: the policy cannot be read, or Temporal is not installed.
        Unreachable: Temporal does not start.
        SandboxUnavailable: untrusted code cannot be contained here.
    """
    policy = tiers.applied(load_policy(settings))
    sandbox = BubblewrapSandbox(cache / "sandbox", package_settings=package_client_settings())
    sandbox.probe()
    async with embedded_in_memory(embedded_only(settings)) as engine:
        yield Lab(
            client=engine.client,
            settings=engine.settings,
            policy=policy,
            sandbox=sandbox,
            diagnosis_only=tiers.diagnosis_only,
        )


def embedded_only(settings: Settings) -> Settings:
    """Return settings without any vendor, service or secret but the model's."""
    fields = Settings.model_fields
    unset = {name: fields[name].get_default(call_default_factory=True) for name in fields}
    return settings.model_copy(
        update={name: value for name, value in unset.items() if name not in KEPT}
    )
