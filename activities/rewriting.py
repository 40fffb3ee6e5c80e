"""What small edits of other languages look at: the tests' files, and what they import."""

import re
from collections.abc import Iterable, Sequence

from suture.domain.alert import Alert
from suture.domain.evidence import Evidence
from suture.domain.value import CommitSha
from suture.index.languages import JVM, Language, language_of
from suture.index.meaning import family, names_file
from suture.index.reading import read_symbols
from suture.index.testing import is_test_file
from suture.ports.source import SourceRepository
from suture.rewrites.scene import RewriteScene
from suture.toolchain.naming import is_place

MAX_FILES = 30
MAX_SUSPECTS = 5
MAX_TESTS = 20
MAX_SEARCHED = 400
MAX_CANDIDATES = 20_000
DEPTH = 2
"""How many imports lie between a test and what is still looked at."""


def gather_rewrites(alert: Alert, evidence: Evidence, repository: SourceRepository) -> RewriteScene:
    """Read the files that may hold the fault, as they are and as they last worked."""
    gathering = _Gathering(repository, evidence.base_sha)
    tests = gathering.tests(alert)
    places = [*evidence.path, *([evidence.crash] if evidence.crash else [])]
    changed = [
        path
        for suspect in evidence.suspects[:MAX_SUSPECTS]
        for commit in repository.log(suspect.commit, limit=1)
        for path in commit.paths
    ]
    direct = [place.path for place in reversed(places)]
    ordered = dict.fromkeys([*direct, *gathering.imported(tests), *changed])
    paths = [path for path in ordered if gathering.is_code(path)][:MAX_FILES]
    good = evidence.last_good_sha
    return RewriteScene(
        sources=_read(repository, evidence.base_sha, paths),
        last_good=_read(repository, good, paths) if good else {},
        tests=_read(repository, evidence.base_sha, tests),
        names=tuple(f"{test.node_id}\n{test.message}" for test in alert.failed_tests),
        path=tuple(places),
    )


class _Gathering:
    def __init__(self, repository: SourceRepository, sha: CommitSha) -> None:
        self._repository = repository
        self._sha = sha
        listed = (path for path in repository.list_files(sha) if _is_other(path))
        self._paths = [path for _, path in zip(range(MAX_CANDIDATES), listed, strict=False)]

    def is_code(self, path: str) -> bool:
        """Whether a path is a source of another language that may be edited."""
        return _is_other(path) and not is_test_file(path)

    def tests(self, alert: Alert) -> list[str]:
        """Return the files of the tests that the alert names; else those that speak of them."""
        known = [path for path in self._paths if is_test_file(path)]
        places = [test.node_id.partition("::")[0] for test in alert.failed_tests]
        found = [path for path in known if any(is_place(place, path) for place in places)]
        if found:
            return found[:MAX_TESTS]
        names = [test.node_id.rpartition("::")[2] for test in alert.failed_tests]
        own = [re.split(r" > |/", name)[-1] for name in names]
        return [
            path
            for path in known[:MAX_SEARCHED]
            if any(name and name in self._text(path) for name in own)
        ][:MAX_TESTS]

    def imported(self, tests: Sequence[str]) -> list[str]:
        """Return what the tests stand beside or import, and what that imports."""
        found: dict[str, None] = {}
        front = list(tests)
        for _ in range(DEPTH):
            found_now = [other for path in front for other in self._from(path)]
            front = [path for path in dict.fromkeys(found_now) if path not in found][:MAX_FILES]
            found |= dict.fromkeys(front)
        return list(found)

    def _from(self, path: str) -> Iterable[str]:
        text = self._text(path)
        imports = read_symbols(path, text.encode("utf-8", "replace")).imports
        same = [other for other in self._paths if family(other) == family(path)]
        beside = [other for other in same if other != path and _is_beside(path, other, text)]
        named = [other for found in imports for other in same if names_file(found, path, other)]
        return [other for other in (*beside, *named) if not is_test_file(other)]

    def _text(self, path: str) -> str:
        return self._repository.read_file(self._sha, path) or ""


def _is_other(path: str) -> bool:
    return language_of(path) not in {None, Language.PYTHON}


def _is_beside(path: str, other: str, text: str) -> bool:
    """Whether a file needs no import to be used: Go's and the JVM's packages are open to it."""
    language = language_of(path)
    folder, beside = path.rpartition("/")[0], other.rpartition("/")[0]
    if language is Language.GO:
        return folder == beside
    if language not in JVM:
        return False
    stem = other.rpartition("/")[2].rpartition(".")[0]
    package = folder.partition("/java/")[2] or folder.partition("/kotlin/")[2] or folder
    return beside.endswith(package) and re.search(rf"\b{re.escape(stem)}\b", text) is not None


def _read(repository: SourceRepository, sha: CommitSha, paths: Sequence[str]) -> dict[str, str]:
    read = {path: repository.read_file(sha, path) for path in paths}
    return {path: text for path, text in read.items() if text is not None}
