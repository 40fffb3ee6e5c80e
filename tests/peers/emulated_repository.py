"""A git repository that the emulated GitHub has, too: it knows git's objects, not git's protocol.

Its objects have git's own SHAs, so commits are carried over its Git Data API in both directions,
and whoever fetches by git fetches from the repository on disk.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from tests.fakes.github_git import GitData
from tests.fakes.tls import TLS

Json = dict[str, Any]


class EmulatedRepository:
    """A bare repository and its twin on the emulator, with the eyes and hands of a person."""

    def __init__(self, url: str, name: str, token: str, bare: Path) -> None:
        self.name = name
        self.git = GitData(bare)
        headers = {"authorization": f"token {token}"}
        self.http = httpx.Client(
            base_url=f"{url}/repos/{name}", headers=headers, verify=TLS, timeout=60
        )

    def close(self) -> None:
        self.http.close()

    def publish(self, branch: str = "main") -> None:
        """Carry a branch that the emulator has not yet over to it, commit by commit."""
        sent: set[str] = set()
        shas = self.git.git("rev-list", "--reverse", branch).split()
        for sha in shas:
            commit = self.git.commit(sha)
            tree = self._publish_tree(commit["tree"]["sha"], sent)
            body = {**commit, "tree": tree, "parents": [one["sha"] for one in commit["parents"]]}
            assert self._post("/git/commits", body)["sha"] == sha
        self._post("/git/refs", {"ref": f"refs/heads/{branch}", "sha": shas[-1]})

    def fetch(self, branch: str = "main") -> str:
        """Carry what is new on a branch back, as a fetch does; return its head."""
        head: str = self.get(f"/git/ref/heads/{branch}")["object"]["sha"]
        self._fetch_commit(head)
        self.git.git("update-ref", f"refs/heads/{branch}", head)
        return head

    def get(self, path: str, **query: str) -> Any:  # noqa: ANN401 -- an API's JSON
        """Look at something as a person."""
        answer = self.http.get(path, params=query)
        answer.raise_for_status()
        return answer.json()

    def send_webhooks(self, url: str, secret: str) -> None:
        """Have GitHub tell somebody of everything that happens here."""
        config = {"url": url, "content_type": "json", "secret": secret}
        self._post("/hooks", {"name": "web", "active": True, "events": ["*"], "config": config})

    def _post(self, path: str, body: Json) -> Json:
        answer = self.http.post(path, json=body)
        assert answer.status_code == 201, answer.text
        said: Json = answer.json()
        return said

    def _publish_tree(self, sha: str, sent: set[str]) -> str:
        rows = []
        for row in self.git.git("ls-tree", "-r", "-z", sha).split("\0"):
            facts, _, path = row.partition("\t")
            if not path:
                continue
            mode, kind, blob = facts.split()
            if blob not in sent:
                self._post("/git/blobs", self.git.blob(blob))
                sent.add(blob)
            rows.append({"path": path, "mode": mode, "type": kind, "sha": blob})
        assert self._post("/git/trees", {"tree": rows})["sha"] == sha
        return sha

    def _knows(self, sha: str) -> bool:
        return self.git.git("rev-list", "--all").find(sha) >= 0

    def _fetch_commit(self, sha: str) -> None:
        if self._knows(sha):
            return
        commit = self.get(f"/git/commits/{sha}")
        for parent in commit["parents"]:
            self._fetch_commit(parent["sha"])
        base = commit["parents"][0]["sha"]
        rows = self.get(f"/git/trees/{commit['tree']['sha']}", recursive="1")["tree"]
        blobs = [row for row in rows if row["type"] == "blob"]
        for row in blobs:
            content = self.get(f"/git/blobs/{row['sha']}")["content"]
            assert self.git.make_blob({"content": content})["sha"] == row["sha"]
        tree = self.git.make_tree({"base_tree": base, "tree": blobs})["sha"]
        assert tree == commit["tree"]["sha"]
        author = commit["author"]
        moment = datetime.fromisoformat(author["date"]).replace(microsecond=0)
        made = {
            "tree": tree,
            "parents": [one["sha"] for one in commit["parents"]],
            "author": {**author, "date": moment.isoformat()},
            "message": commit["message"].rstrip("\n") + "\n",
        }
        assert self.git.make_commit(made)["sha"] == sha
