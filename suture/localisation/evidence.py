"""Collects what an alert and a repository say together, before anybody concludes anything."""

from dataclasses import dataclass

from suture.dependencies.moves import ManifestHistory
from suture.domain.alert import Alert, AlertKind
from suture.domain.evidence import Evidence, Location, Suspect
from suture.domain.rollout import Deployment
from suture.domain.service import Service
from suture.domain.value import CommitSha
from suture.errors import NotFound
from suture.localisation.citations import check_citations
from suture.localisation.decisive import decisive_index, failing_frames
from suture.localisation.frames import FrameFinder
from suture.localisation.notes import describe
from suture.localisation.originals import tell_originals, with_originals
from suture.localisation.packages import involvement, moves_between
from suture.localisation.related import relate
from suture.localisation.releases import find_deployed, find_previous_release
from suture.localisation.snapshot import Snapshot, is_test_path
from suture.localisation.suspects import Search, rank_suspects
from suture.localisation.tests_failed import code_under_test, failed_test_places
from suture.ports.source import SourceRepository

CLEAR_SUSPECT = 0.35
"""Score from which a suspect outranks the guess that the previous release was good."""
MAX_MESSAGE = 8_000
MAX_MOVES = 50


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Where an alert happened."""

    repository: SourceRepository
    service: Service
    deployments: tuple[Deployment, ...] = ()
    """Successful ones of the alert's environment, as far as anybody reported them."""
    deployed_sha: CommitSha | None = None
    """Where the caller knows it; else it is found from the release or the deployments."""


def collect_evidence(alert: Alert, scene: Scene) -> Evidence:
    """Find the failing path, the releases around the failure and the commits to suspect.

    Raises:
        NotFound: the service's base branch does not exist.
    """
    repository = scene.repository
    base_sha = repository.resolve(scene.service.base_branch)
    if base_sha is None:
        raise NotFound(f"{scene.service.name} has no branch {scene.service.base_branch}.")
    deployed = scene.deployed_sha or find_deployed(alert, scene.deployments, repository)
    base = Snapshot(repository, base_sha)
    then = Snapshot(repository, deployed) if deployed and deployed != base_sha else None
    originals = with_originals(alert, scene.service, then or base)
    given = alert
    alert = alert.model_copy(update={"exceptions": originals}) if originals else alert
    finder = FrameFinder(scene.service, base, then)
    exception = decisive_index(alert, finder, base) if alert.exceptions else None
    frames = () if exception is None else failing_frames(alert, exception)
    placed = finder.place_all(frames) or failed_test_places(alert, base)
    path = tuple(dict.fromkeys(each.location for each in placed))
    crash = path[-1] if path else None
    search = Search(
        snapshot=base,
        head=deployed or base_sha,
        crash=crash,
        related=relate(path, base),
        message=said_by(alert),
        last_good=find_previous_release(deployed, scene.deployments, repository),
        until=alert.occurred_at,
        involved=involvement(alert, frames, crash, base),
        by_tests=alert.kind is AlertKind.TEST_FAILURE,
    )
    suspects = rank_suspects(search)
    last_good = _last_good(search.last_good, suspects, repository)
    history = ManifestHistory(repository)
    found = Evidence(
        base_sha=base_sha,
        deployed_sha=deployed,
        last_good_sha=last_good,
        crash=crash,
        exception=exception,
        path=(*path, *_under_test(path, base)),
        suspects=suspects,
        moves=moves_between(last_good, search.head, history, search.involved)[:MAX_MOVES],
        originals=originals,
    )
    told = describe(alert, found, base, line_known=bool(placed) and placed[-1].exact)
    notes = (*told, *tell_originals(given, originals))
    return found.model_copy(update={"notes": check_citations(notes, repository, base_sha, given)})


def said_by(alert: Alert) -> str:
    """Return what the exceptions and failed tests say, bounded."""
    said = [f"{each.type}: {each.value}" for each in alert.exceptions]
    said += [test.message for test in alert.failed_tests]
    return "\n".join(said)[:MAX_MESSAGE]


def _under_test(path: tuple[Location, ...], base: Snapshot) -> tuple[Location, ...]:
    """Where only the test's own lines failed, what it called is on the path too."""
    if not path or not is_test_path(path[-1].path):
        return ()
    return code_under_test(path, base)


def _last_good(
    previous: CommitSha | None, suspects: tuple[Suspect, ...], repository: SourceRepository
) -> CommitSha | None:
    """Return the previous release, unless the suspect is older than that."""
    if not suspects:
        return previous
    top = suspects[0]
    if previous is not None and (
        top.score < CLEAR_SUSPECT or not repository.is_ancestor(top.commit, previous)
    ):
        return previous
    commits = repository.log(top.commit, limit=1)
    parents = [parent for commit in commits for parent in commit.parents]
    return parents[0] if parents else None
