"""The git side of a small GitHub: a bare repository behind the Git Data API's shapes."""

import base64
import subprocess
from pathlib import Path
from typing import Any

from tests.builders.repository import HERMETIC

Json = dict[str, Any]
GONE = "0" * 40


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class GitData:
    """Objects and refs as GitHub shows them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def git(self, *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> str:
        finished = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env={**HERMETIC, **(env or {})},
            input=stdin,
            check=False,
            capture_output=True,
        )
        if finished.returncode:
            said = finished.stderr.decode(errors="replace") + finished.stdout.decode()
            raise Refused(422, said[:200])
        return finished.stdout.decode().strip()

    def head(self, branch: str) -> str | None:
        try:
            return self.git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")
        except Refused:
            return None

    def resolve(self, name: str) -> str:
        found = self.head(name)
        if found is not None:
            return found
        try:
            return self.git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        except Refused:
            raise Refused(404, "Not Found") from None

    def commit(self, sha: str) -> Json:
        form = "%T%n%P%n%an%n%ae%n%aI%n%cn%n%ce%n%cI%n%B"
        shown = self.git("show", "--no-patch", f"--format={form}", self.resolve(sha))
        tree, parents, an, ae, at, cn, ce, ct, *message = shown.split("\n")
        return {
            "sha": sha,
            "tree": {"sha": tree},
            "parents": [{"sha": parent} for parent in parents.split()],
            "message": "\n".join(message).rstrip("\n"),
            "author": {"name": an, "email": ae, "date": at},
            "committer": {"name": cn, "email": ce, "date": ct},
        }

    def make_commit(self, body: Json) -> Json:
        person, parents = body["author"], [part for sha in body["parents"] for part in ("-p", sha)]
        identity = {
            f"GIT_{who}_{what.upper()}": person[what]
            for who in ("AUTHOR", "COMMITTER")
            for what in ("name", "email", "date")
        }
        text = body["message"].encode()
        sha = self.git("commit-tree", body["tree"], *parents, "-F", "-", stdin=text, env=identity)
        return self.commit(sha)

    def tree(self, sha: str) -> Json:
        rows = []
        for record in self.git("ls-tree", "-z", sha).split("\0"):
            if record:
                facts, _, path = record.partition("\t")
                mode, kind, name = facts.split()
                rows.append({"path": path, "mode": mode, "type": kind, "sha": name})
        return {"sha": sha, "tree": rows, "truncated": False}

    def make_tree(self, body: Json) -> Json:
        place = {"GIT_INDEX_FILE": str(self.path / "api-index")}
        self.git("read-tree", body["base_tree"], env=place)
        for row in body["tree"]:
            if row["sha"] is None and not self.git("ls-files", "--", row["path"], env=place):
                raise Refused(422, "GitRPC::BadObjectState")
            mode = row["mode"] if row["sha"] else "0"
            line = f"{mode} {row['sha'] or GONE}\t{row['path']}\n".encode()
            self.git("update-index", "--index-info", stdin=line, env=place)
        return {"sha": self.git("write-tree", env=place)}

    def blob(self, sha: str) -> Json:
        finished = subprocess.run(
            ["git", "cat-file", "blob", sha],
            cwd=self.path,
            env=HERMETIC,
            check=True,
            capture_output=True,
        )
        content = base64.encodebytes(finished.stdout).decode()
        return {"sha": sha, "content": content, "encoding": "base64"}

    def make_blob(self, body: Json) -> Json:
        content = base64.b64decode(body["content"])
        return {"sha": self.git("hash-object", "-w", "--stdin", stdin=content)}

    def ref(self, branch: str) -> Json:
        sha = self.head(branch)
        if sha is None:
            raise Refused(404, "Not Found")
        return {"ref": f"refs/heads/{branch}", "object": {"sha": sha, "type": "commit"}}

    def make_ref(self, body: Json) -> Json:
        branch = body["ref"].removeprefix("refs/heads/")
        if self.head(branch) is not None:
            raise Refused(422, "Reference already exists")
        self.git("update-ref", body["ref"], body["sha"])
        return self.ref(branch)

    def move_ref(self, branch: str, body: Json) -> Json:
        self.git("update-ref", f"refs/heads/{branch}", body["sha"])
        return self.ref(branch)

    def delete_ref(self, branch: str) -> None:
        if self.head(branch) is None:
            raise Refused(422, "Reference does not exist")
        self.git("update-ref", "-d", f"refs/heads/{branch}")

    def compare(self, base: str, head: str) -> Json:
        old, new = self.resolve(base), self.resolve(head)
        listed = self.git("rev-list", "--reverse", f"{old}..{new}").split()
        return {
            "merge_base_commit": {"sha": self.git("merge-base", old, new)},
            "total_commits": len(listed),
            "commits": [self._listed(sha) for sha in listed],
        }

    def merge(self, base: str, head: str, method: str, message: str) -> str:
        old = self.resolve(base)
        if method == "rebase":
            made = self._rebased(old, head)
        else:
            tree = self.git("merge-tree", "--write-tree", old, head).split("\n")[0]
            parents = (old, head) if method == "merge" else (old,)
            made = self._by_github(tree, parents, f"Merge\n\n{message}")
        self.git("update-ref", f"refs/heads/{base}", made)
        return made

    def _rebased(self, onto: str, head: str) -> str:
        for sha in self.git("rev-list", "--reverse", f"{onto}..{head}").split():
            fork = self._by_github(f"{sha}^^{{tree}}", (), "fork")
            ours = self._by_github(f"{onto}^{{tree}}", (fork,), "ours")
            theirs = self._by_github(f"{sha}^{{tree}}", (fork,), "theirs")
            tree = self.git("merge-tree", "--write-tree", ours, theirs)
            onto = self._by_github(tree.split("\n")[0], (onto,), "Rebased")
        return onto

    def _by_github(self, tree: str, parents: tuple[str, ...], message: str) -> str:
        tree = self.git("rev-parse", tree)
        who = {"name": "GitHub", "email": "noreply@github.com", "date": "2026-03-02T12:00:00Z"}
        body = {"author": who, "parents": parents, "tree": tree, "message": message}
        return str(self.make_commit(body)["sha"])

    def _listed(self, sha: str) -> Json:
        said = self.commit(sha)
        login = said["author"]["email"].partition("@")[0]
        account = None if login == "suture" else {"login": login, "id": 7}
        return {"sha": sha, "commit": said, "author": account, "committer": account}
