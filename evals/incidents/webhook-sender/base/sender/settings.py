"""Settings from an INI text, section `[sender]`."""

import configparser
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    max_attempts: int = 3
    first_pause: float = 0.5
    """Seconds before the second attempt."""
    verify_tls: bool = True


def parse(text: str) -> Settings:
    """Read settings; what is not given keeps its default."""
    parser = configparser.ConfigParser()
    parser.read_string(text)
    section = parser["sender"]
    return Settings(
        max_attempts=section.getint("max_attempts", Settings.max_attempts),
        first_pause=section.getfloat("first_pause", Settings.first_pause),
        verify_tls=section.getboolean("verify_tls", Settings.verify_tls),
    )
