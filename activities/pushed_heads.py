"""Heads that somebody pushed onto Suture's branch, held against the same proof and policy.

A person's own change is not compared with oracles: that a human wrote it is for the approver to
weigh. Red, green and red, the existing suite and the blast radius are required all the same.
Whoever wants more than the policy allows merges on the code host, with the rights they have there.
"""

from activities.proof import laid
from activities.reproducing import is_green, is_red
from activities.trying import Trial
from suture.canonical import canonical_json, sha256
from suture.domain.approval import ConsentTarget
from suture.domain.patch import FileChange
from suture.domain.value import CommitSha
from suture.domain.verification import VerdictReason, Verification
from suture.errors import PatchDoesNotApply
from suture.localisation.snapshot import is_test_path
from suture.policy.blast_radius import Rule, check_patch
from suture.ports.source import SourceRepository
from suture.verdict.suite import new_failures, summarise

MAX_COMMITS = 200
"""Commits on the branch among which the one is looked for that it left the base branch at."""

HELD = "Pushed by somebody else and held against the same evidence gate."


def judge_head(
    trial: Trial, verification: Verification, target: ConsentTarget, base_branch: str
) -> Verification:
    """Hold a pushed head against gate and policy. What the policy forbids is not even run.

    `verification` is of the patch that Suture proposed: its reproduction is used again.

    Raises:
        PatchDoesNotApply: its diff is not the one that consent would be bound to, or holds what
            no patch may, such as links, binaries and changed modes.
    """
    repository = trial.bench.repository
    fork, diff = _proposed(repository, trial.evidence.base_sha, target, base_branch)
    violations = _violations(trial, verification, fork, diff)
    judged = verification.model_copy(
        update={
            "verified": False,
            "full_diff": trial.artifacts.put(diff.encode("utf-8", "surrogateescape")),
            "red_on_base": False,
            "green_with_patch": False,
            "red_without_fix": False,
            "new_failures": (),
            "patched_suite": None,
        }
    )
    if violations:
        update = {
            "reason": VerdictReason.OUTSIDE_BLAST_RADIUS,
            "explanation": "; ".join(violations)[:2_000] + ".",
        }
        return judged.model_copy(update=update)
    return _run(trial, judged, target.head_sha)


def _proposed(
    repository: SourceRepository, base: CommitSha, target: ConsentTarget, base_branch: str
) -> tuple[CommitSha, str]:
    """Return what consent would be bound to, and the commit that its diff is taken against.

    That is the base that Suture started from, unless somebody has brought the branch up to date.
    """
    diff = repository.diff(base, target.head_sha)
    if _digest(diff) == target.patch_digest:
        return base, diff
    fork = _fork(repository, base_branch, target.head_sha)
    diff = "" if fork is None else repository.diff(fork, target.head_sha)
    if fork is None or _digest(diff) != target.patch_digest:
        raise PatchDoesNotApply("Its diff is not the one that the pull request shows.")
    return fork, diff


def _fork(repository: SourceRepository, base_branch: str, head: CommitSha) -> CommitSha | None:
    """Return the newest commit of the base branch that the head contains."""
    tip = repository.resolve(base_branch)
    if tip is None:
        return None
    own = repository.log(head, since=tip, limit=MAX_COMMITS)
    shas = {commit.sha for commit in own}
    forks = [sha for commit in own for sha in commit.parents if sha not in shas]
    newest = (fork for fork in forks if all(repository.is_ancestor(other, fork) for other in forks))
    return next(newest, None)


def _digest(diff: str) -> str:
    return sha256(diff.encode("utf-8", "surrogateescape"))


def _violations(
    trial: Trial, verification: Verification, fork: CommitSha, diff: str
) -> tuple[str, ...]:
    """Return what the policy says against the diff. A person may add tests, not change any."""
    repository = trial.bench.repository
    changes = repository.apply_diff(fork, diff)
    before = {item.path: repository.read_file(fork, item.path) for item in changes}
    known = set(repository.list_files(fork))
    found = check_patch(
        changes,
        before,
        trial.policy.blast_radius,
        verification.reproduction.regression_test,
    )
    return tuple(
        f"{violation.rule}: {violation.message}"
        for violation in found
        if violation.rule is not Rule.TESTS or violation.path in known
    )


def _run(trial: Trial, judged: Verification, head: CommitSha) -> Verification:
    """See red, green and red again, and what the existing tests say."""
    base, tests = trial.evidence.base_sha, trial.proof.test_files
    changes = trial.bench.repository.apply_diff(base, trial.bench.repository.diff(base, head))
    nodes = trial.proof.reproduction.node_ids
    with trial.bench.at(base) as stand:
        red = is_red(stand.run_tests(nodes, tests))
        green = is_green(stand.run_tests(nodes, {**_own(changes, tests), **tests}))
        report = stand.run_suite({**laid(changes), **tests})
    fails = new_failures(trial.suites.base, report, trial.suites.flaky)
    kept = all(laid(changes).get(path) == text for path, text in tests.items())
    digest = trial.artifacts.put(canonical_json(report))
    return judged.model_copy(
        update={
            "verified": red and green and report.ran and not fails and kept,
            "reason": _reason(green=green, fails=bool(fails), kept=kept, ran=report.ran),
            "explanation": HELD
            if kept
            else "The regression test is not the one that was seen red.",
            "red_on_base": red,
            "green_with_patch": green,
            "red_without_fix": red,
            "new_failures": tuple(fails[:100]),
            "patched_suite": summarise(report, digest, trial.suites.flaky),
        }
    )


def _own(changes: tuple[FileChange, ...], tests: dict[str, str]) -> dict[str, str]:
    # Green must come from the base's own tests: an edited test proves nothing.
    own = (item for item in changes if item.path not in tests and not is_test_path(item.path))
    return laid(tuple(own))


def _reason(*, green: bool, fails: bool, kept: bool, ran: bool) -> VerdictReason:
    if not kept:
        return VerdictReason.OUTSIDE_BLAST_RADIUS
    if not green:
        return VerdictReason.STILL_RED
    if not ran:
        return VerdictReason.SUITE_DID_NOT_RUN
    return VerdictReason.NEW_FAILURES if fails else VerdictReason.VERIFIED
