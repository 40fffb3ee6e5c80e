"""The code index over one mirror: what is not known yet is found by `git grep` and read then.

A question on a large repository that nobody asked about before costs one scan and the reading of
the files that it hits. Once all of a commit's source is known, names are looked up instead; a new
commit then costs the files that it changed. Source: https://git-scm.com/docs/git-grep.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from integrations.git.command import attempt_git
from integrations.git.indexing import start_indexing
from integrations.git.objects import ObjectReader
from integrations.git.symbol_store import BlobKey, SymbolStore
from integrations.git.trees import tree_of
from suture.domain.value import CommitSha
from suture.errors import PermanentError
from suture.index.languages import ENDS, Language, language_of
from suture.index.reading import MAX_BYTES, read_symbols
from suture.index.symbols import FileSymbols
from suture.ports.code_index import Mention

CATCH_UP = 300
"""So many unknown files are read before a question is answered; of more, only what it hits."""
MAX_NAMES = 60
WORD = re.compile(r"[\w$]{1,200}")
NO_MATCH = 1
KEYWORDED = frozenset({Language.PYTHON, Language.GO, Language.KOTLIN})
"""Where a keyword stands before whatever is defined; elsewhere any mention may define it."""
DEFINING = (
    r"\b(?:def|class|fun|func|interface|object|type)\s+(?:\([^()]*\)\s*|<[^<>]*>\s*)?"
    r"(?:\w+\.)?(?:{names})\b"
)


class GitCodeIndex:
    """Implements `suture.ports.code_index.CodeIndex`."""

    def __init__(self, mirror: Path, objects: ObjectReader, *, background: bool = True) -> None:
        self._background = background
        self._mirror = mirror
        self._objects = objects
        self._store = SymbolStore(mirror)
        self._covered: dict[CommitSha, bool] = {}

    def mentioning(
        self, sha: CommitSha, names: Collection[str], mention: Mention
    ) -> tuple[str, ...]:
        """Return the source files that may name one of these, by look-up or else by a scan."""
        wanted = sorted(name for name in names if WORD.fullmatch(name))[:MAX_NAMES]
        if not wanted:
            return ()
        if not self._covers(sha):
            return self._scanned(sha, wanted, mention)
        known = self._store.mentioning(wanted, defines=mention is Mention.DEFINES)
        sources = sources_of(self._mirror, sha)
        return tuple(path for path, key in sources.items() if key in known)

    def symbols(self, sha: CommitSha, paths: Collection[str]) -> Mapping[str, FileSymbols]:
        """Return the symbols of these files, reading those that nobody read before."""
        sources = sources_of(self._mirror, sha)
        keys = {path: sources[path] for path in paths if path in sources}
        found = dict(self._store.load(set(keys.values())))
        unknown = {key: path for path, key in keys.items() if key not in found}
        if unknown:
            read = tuple(self._read(unknown.items()))
            self._store.save(read)
            found |= dict(read)
        return {path: found[key] for path, key in keys.items() if key in found}

    def fill(self, sha: CommitSha) -> int:
        """Read all that is not known of a commit; return how many files that were."""
        sources = sources_of(self._mirror, sha)
        by_key = {key: path for path, key in sources.items()}
        missing = self._store.missing(by_key)
        for start in range(0, len(missing), CATCH_UP):
            part = missing[start : start + CATCH_UP]
            self._store.save(self._read((key, by_key[key]) for key in part))
        self._covered[sha] = True
        return len(missing)

    def _covers(self, sha: CommitSha) -> bool:
        """Whether all of a commit is known, reading what little is not."""
        if not self._covered.get(sha):
            missing = self._store.missing(set(sources_of(self._mirror, sha).values()))
            if len(missing) > CATCH_UP:
                if self._background:
                    start_indexing(self._mirror, sha)
                return False
            self.fill(sha)
        return True

    def _read(self, files: Iterable[tuple[BlobKey, str]]) -> Iterator[tuple[BlobKey, FileSymbols]]:
        for key, path in files:
            content = self._objects.blob(key[0], MAX_BYTES)
            yield key, read_symbols(path, content or b"")

    def _scanned(self, sha: CommitSha, names: Collection[str], mention: Mention) -> tuple[str, ...]:
        sources = sources_of(self._mirror, sha)
        there = {language for _, language in sources.values()}
        words = there if mention is Mention.NAMES else there - KEYWORDED
        hits = self._grep(sha, ("-w", "-F", *_patterns(names)), words)
        if there - words:
            either = "|".join(re.escape(name) for name in names)
            defining = ("-P", "-e", DEFINING.format(names=either))
            hits |= self._grep(sha, defining, there - words)
        return tuple(path for path in sources if path in hits)

    def _grep(self, sha: CommitSha, what: tuple[str, ...], languages: Collection[str]) -> set[str]:
        ends = [f":(glob)**/*.{end}" for end, each in ENDS.items() if each in languages]
        if not ends:
            return set()
        outcome = attempt_git(self._mirror, "grep", "-l", "-z", "-I", *what, sha, "--", *ends)
        if outcome.code > NO_MATCH:
            raise PermanentError(f"git grep failed ({outcome.code}): {outcome.stderr}")
        hits = outcome.stdout.decode("utf-8", "surrogateescape").split("\0")
        return {hit.partition(":")[2] for hit in hits}


def _patterns(names: Collection[str]) -> tuple[str, ...]:
    return tuple(part for name in names for part in ("-e", name))


@lru_cache(maxsize=8)
def sources_of(mirror: Path, sha: CommitSha) -> Mapping[str, BlobKey]:
    """Return the files of a commit that can be read, in order, each with what names its content."""
    found: dict[str, BlobKey] = {}
    for name, entry in sorted(tree_of(mirror, sha).items()):
        path = name.decode("utf-8", "replace")
        language = language_of(path)
        if language is None or not entry.is_regular or entry.size > MAX_BYTES:
            continue
        if "\ufffd" not in path:
            found[path] = (entry.blob, language.value)
    return found
