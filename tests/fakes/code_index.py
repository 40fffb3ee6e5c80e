"""A code index over texts in memory."""

from collections.abc import Collection, Mapping

from suture.domain.value import CommitSha
from suture.index.languages import language_of
from suture.index.reading import read_symbols
from suture.index.symbols import FileSymbols
from suture.ports.code_index import Mention


class MemoryCodeIndex:
    """Implements `suture.ports.code_index.CodeIndex` for one commit."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._symbols = {
            path: read_symbols(path, text.encode())
            for path, text in sorted(files.items())
            if language_of(path)
        }

    def mentioning(
        self, sha: CommitSha, names: Collection[str], mention: Mention
    ) -> tuple[str, ...]:
        del sha
        wanted = set(names)
        return tuple(
            path
            for path, symbols in self._symbols.items()
            if wanted
            & (
                symbols.names
                if mention is Mention.NAMES
                else {each.simple for each in symbols.definitions}
            )
        )

    def symbols(self, sha: CommitSha, paths: Collection[str]) -> Mapping[str, FileSymbols]:
        del sha
        return {path: self._symbols[path] for path in paths if path in self._symbols}
