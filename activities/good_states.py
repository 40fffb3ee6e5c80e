"""Where a fault is not yet made: the base without one suspect commit, and the last good commit."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from activities.bench import Bench, Stand
from suture.domain.evidence import Evidence
from suture.domain.patch import FileChange
from suture.domain.value import CommitSha
from suture.errors import PatchDoesNotApply
from suture.localisation.snapshot import is_test_path

MAX_COUNTERFACTUALS = 3


@dataclass(frozen=True, kw_only=True)
class GoodState:
    """A stand, and what lies over its tree so that the fault is not there."""

    stand: Stand
    sha: CommitSha
    files: Mapping[str, str]

    def text(self, path: str) -> str | None:
        """Return a file as it is there."""
        own = self.files.get(path)
        return own if own is not None else self.stand.bench.repository.read_file(self.sha, path)


class GoodStates:
    """Finds them, the ones nearest to the base first.

    The base without one suspect commit is asked before the last good commit: it has all that was
    changed on purpose since, so that only the fault makes a difference.
    """

    def __init__(self, bench: Bench, evidence: Evidence) -> None:
        self._bench = bench
        self._evidence = evidence

    def each(self, stand: Stand) -> Iterator[GoodState]:
        """Yield them; `stand` is one of the base. What is yielded last is gone with the next."""
        base, good = self._evidence.base_sha, self._evidence.last_good_sha
        for changes in self._counterfactuals:
            files = {item.path: item.content for item in changes if item.content is not None}
            yield GoodState(stand=stand, sha=base, files=files)
        if good is None or good == base:
            return
        with self._bench.at(good, environment_of=base) as earlier:
            yield GoodState(stand=earlier, sha=good, files={})

    @cached_property
    def _counterfactuals(self) -> tuple[tuple[FileChange, ...], ...]:
        """The base with one suspect commit taken out, where that can be taken out cleanly."""
        repository, base = self._bench.repository, self._evidence.base_sha
        found = []
        for suspect in self._evidence.suspects[:MAX_COUNTERFACTUALS]:
            for commit in repository.log(suspect.commit, limit=1):
                paths = tuple(path for path in commit.paths if not is_test_path(path))
                if not commit.parents or not paths:
                    continue
                inverse = repository.diff(commit.sha, commit.parents[0], paths)
                with contextlib.suppress(PatchDoesNotApply):
                    found.append(repository.apply_diff(base, inverse))
        return tuple(found)
