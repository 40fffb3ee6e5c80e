"""Which files name something, and what the files of a commit define, call and import."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Protocol

from suture.domain.value import CommitSha
from suture.index.symbols import FileSymbols


class Mention(StrEnum):
    """How a file names something."""

    DEFINES = "defines"
    NAMES = "names"
    """It defines it, calls it, or hands it on."""


class CodeIndex(Protocol):
    """One repository's source, read without running it and kept by content."""

    def mentioning(
        self, sha: CommitSha, names: Collection[str], mention: Mention
    ) -> tuple[str, ...]:
        """Return the source files that may name one of these plain names, in order.

        A file that does is among them; one that does not may be, so read its symbols.
        """
        ...

    def symbols(self, sha: CommitSha, paths: Collection[str]) -> Mapping[str, FileSymbols]:
        """Return the symbols of these files; missing, large and unreadable ones have none."""
        ...
