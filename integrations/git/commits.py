"""Makes commits, merges and reverts as objects: no working tree, the same input the same SHA.

Sources: https://git-scm.com/docs/git-commit-tree and https://git-scm.com/docs/git-merge-tree.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from integrations.git.bench import SUTURE, Bench
from integrations.git.changes import Scratch, write_changes
from integrations.git.command import run_git
from integrations.git.trees import has_commit, tree_of
from suture.domain.patch import FileChange
from suture.domain.value import CommitSha
from suture.errors import NotFound, PermanentError

TRAILER = "Suture-Incident"
MAX_COMMITS = 1_000
"""Read of one branch."""
FIELDS = (
    "%H%n%an%n%ae%n%cn%n%ce%n%ct%n%(trailers:key=Suture-Incident,valueonly,unfold,separator=%x2c)"
)


@dataclass(frozen=True, kw_only=True)
class CommitFacts:
    """What a commit says of itself."""

    sha: CommitSha
    author_name: str
    author_email: str
    committer_name: str
    committer_email: str
    committed: int
    """Seconds since 1970."""
    incident: str
    """Value of its trailer, or empty."""

    @property
    def claims_to_be_ours(self) -> bool:
        """Whether addresses and trailer are Suture's; anybody can write that."""
        return self.claims(SUTURE.email)

    def claims(self, email: str) -> bool:
        """Whether the addresses are this one, and a trailer names an incident."""
        return self.author_email == self.committer_email == email and bool(self.incident)

    @property
    def people(self) -> frozenset[str]:
        """Ids of author and committer: e-mail addresses and what stands before their `@`."""
        emails = {self.author_email.casefold(), self.committer_email.casefold()}
        return frozenset(emails | {email.partition("@")[0] for email in emails})


def make_commit(
    bench: Bench, base: CommitSha, changes: tuple[FileChange, ...], message: str, at: datetime
) -> CommitSha:
    """Make a commit of these changes on the base.

    Raises:
        NotFound: there is no such base.
        InvalidInput: a path leaves the tree or is no regular file.
    """
    require_commit(bench, base)
    scratch = Scratch(mirror=bench.directory, environment=dict(bench.run().environment))
    scratch.git("read-tree", base)
    tree = write_changes(scratch, tree_of(bench.directory, base), changes)
    return commit_tree(bench, tree, (base,), message, int(at.timestamp()))


def merge_tree(bench: Bench, ours: CommitSha, theirs: CommitSha) -> str:
    """Return the tree of a clean merge.

    Raises:
        PermanentError: it does not merge cleanly.
    """
    outcome = bench.attempt("merge-tree", "--write-tree", "--name-only", ours, theirs)
    tree, _, paths = outcome.stdout.decode(errors="replace").partition("\n")
    if outcome.code != 0:
        why = ", ".join(paths.split()) or outcome.stderr
        raise PermanentError(f"It does not merge cleanly: {why[:500]}")
    return tree


def revert_tree(bench: Bench, onto: CommitSha, old: CommitSha, new: CommitSha) -> str:
    """Return the tree of `onto` with the change from `old` to `new` taken out.

    Raises:
        PermanentError: it does not come out cleanly.
    """
    # A three-way merge whose base is the changed tree: commits that nothing will ever refer to
    # tell git so, because its option for that is newer than the versions that we support.
    fork = commit_tree(bench, f"{new}^{{tree}}", (), "fork", 0)
    ours = commit_tree(bench, f"{onto}^{{tree}}", (fork,), "ours", 0)
    theirs = commit_tree(bench, f"{old}^{{tree}}", (fork,), "theirs", 0)
    return merge_tree(bench, ours, theirs)


def commit_tree(
    bench: Bench, tree: str, parents: tuple[CommitSha, ...], message: str, seconds: int
) -> CommitSha:
    """Write a commit by whoever the bench commits as, dated as told."""
    if tree.endswith("^{tree}"):
        tree = bench.git("rev-parse", "--verify", tree).decode().strip()
    identity = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (
            ("NAME", bench.identity.name),
            ("EMAIL", bench.identity.email),
            ("DATE", f"@{seconds} +0000"),
        )
    }
    text = message.replace("\0", "\ufffd").encode("utf-8", "replace")
    options = [part for parent in parents for part in ("-p", parent)]
    run = bench.run(text, identity)
    made = run_git(bench.directory, "commit-tree", tree, *options, "-F", "-", run=run)
    return made.decode().strip()


def commits_between(bench: Bench, base: CommitSha, head: CommitSha) -> tuple[CommitFacts, ...]:
    """Return the commits that head has and base has not, newest first.

    Raises:
        PermanentError: there are too many to be one change.
    """
    found = tuple(_facts(bench, f"--max-count={MAX_COMMITS + 1}", head, f"^{base}"))
    if len(found) > MAX_COMMITS:
        raise PermanentError(f"The branch has more than {MAX_COMMITS} commits of its own.")
    return found


def facts_of(bench: Bench, sha: CommitSha) -> CommitFacts:
    """Return what one commit says of itself."""
    return next(_facts(bench, "--max-count=1", sha))


def merge_base(bench: Bench, one: CommitSha, other: CommitSha) -> CommitSha:
    """Return the best common ancestor.

    Raises:
        PermanentError: the histories have nothing in common.
    """
    outcome = bench.attempt("merge-base", one, other)
    if outcome.code != 0:
        raise PermanentError(f"{one[:12]} and {other[:12]} have no common history.")
    return outcome.stdout.decode().strip()


def parents_of(bench: Bench, sha: CommitSha) -> tuple[CommitSha, ...]:
    """Return a commit's parents, the first one first."""
    listing = bench.git("rev-list", "--max-count=1", "--parents", sha)
    return tuple(listing.decode().split()[1:])


def merged_by(bench: Bench, head: CommitSha, base_head: CommitSha) -> CommitSha:
    """Return the commit of the base branch that brought `head`, which it contains.

    The head itself, if the base branch was only moved forward to it.
    """
    own = bench.git("rev-list", "--first-parent", base_head, f"^{head}").decode().split()
    after = set(bench.git("rev-list", "--ancestry-path", f"{head}..{base_head}").decode().split())
    bringing = [sha for sha in own if sha in after]
    if not bringing or head in parents_of(bench, bringing[-1])[:1]:
        return head
    return bringing[-1]


def require_commit(bench: Bench, sha: CommitSha) -> None:
    """Check that the repository has this commit.

    Raises:
        NotFound: it has not.
    """
    if not has_commit(bench.directory, sha):
        raise NotFound(f"The repository has no commit {sha}.")


def _facts(bench: Bench, *arguments: str) -> Iterator[CommitFacts]:
    listing = bench.git("rev-list", "--no-commit-header", f"--format={FIELDS}", *arguments)
    lines = listing.decode(errors="replace").split("\n")[:-1]
    for start in range(0, len(lines), 7):
        sha, author, email, committer, committer_email, at, incident = lines[start : start + 7]
        yield CommitFacts(
            sha=sha,
            author_name=author,
            author_email=email,
            committer_name=committer,
            committer_email=committer_email,
            committed=int(at or 0),
            incident=incident,
        )
