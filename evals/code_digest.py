"""Names the code that runs, so that a run says if its cases were not all run by the same."""

import hashlib
from functools import cache
from pathlib import Path

PACKAGES = ("suture", "integrations", "activities", "workflows", "workers", "evals")
SUFFIXES = frozenset({".py", ".md", ".j2", ".toml", ".yaml", ".json", ".sql"})


@cache
def code_digest() -> str:
    """Return twelve hexadecimal digits of the digest of Suture's own sources."""
    top = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((top / package).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                digest.update(path.relative_to(top).as_posix().encode() + b"\0")
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]
