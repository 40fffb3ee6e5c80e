"""Settings from the environment, read once at start."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    carrier_url: str
    carrier_token: str
    label_dir: str
    timeout: float


def load() -> Config:
    """Read the settings; what has no default must be there."""
    return Config(
        carrier_url=os.environ["CARRIER_URL"],
        carrier_token=os.environ["CARRIER_TOKEN"],
        label_dir=os.environ.get("LABEL_DIR", "labels"),
        timeout=float(os.environ.get("CARRIER_TIMEOUT", "3")),
    )
