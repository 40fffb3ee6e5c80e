import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from integrations.git.command import GitRun, attempt_git, run_git, scrub
from integrations.git.mirror import MAX_PACKS
from integrations.git.remote import parse_remote
from integrations.git.source import GitSources
from suture.errors import InvalidInput, NotAuthorised, NotFound, PermanentError, Unreachable
from tests.builders.repository import RepositoryBuilder

OPEN = """
import sys
from pathlib import Path
from integrations.git.source import GitSources
repository = GitSources(Path(sys.argv[1])).open(sys.argv[2])
repository.refresh()
print(repository.resolve("main"))
"""


def test_a_refresh_brings_what_is_new_and_drops_what_is_gone(
    builder: RepositoryBuilder, sources: GitSources
) -> None:
    first = builder.commit({"a.py": "a = 1\n"}, "Start")
    builder.branch("topic")
    builder.switch("main")
    builder.tag("v1")
    repository = sources.open(str(builder.path))
    assert repository.resolve("topic") == first
    second = builder.commit({"a.py": "a = 2\n"}, "Second")
    builder.git("branch", "--delete", "topic")
    builder.git("tag", "--delete", "v1")
    assert sources.open(str(builder.path)).resolve("main") == first
    repository.refresh()
    assert repository.resolve("main") == second
    assert repository.resolve("topic") is None
    assert repository.resolve("v1") is None


def test_a_rewritten_branch_is_followed(builder: RepositoryBuilder, sources: GitSources) -> None:
    builder.commit({"a.py": "a = 1\n"}, "Start")
    builder.commit({"a.py": "a = 2\n"}, "Second")
    repository = sources.open(str(builder.path))
    builder.git("reset", "--quiet", "--hard", "HEAD~1")
    third = builder.commit({"a.py": "a = 3\n"}, "Third")
    repository.refresh()
    assert repository.resolve("main") == third


def test_a_detached_head_is_mirrored(builder: RepositoryBuilder, sources: GitSources) -> None:
    builder.commit({"a.py": "a = 1\n"}, "Start")
    builder.git("switch", "--quiet", "--detach")
    loose = builder.commit({"a.py": "a = 2\n"}, "Loose")
    assert sources.open(str(builder.path)).resolve("HEAD") == loose


def test_a_shallow_clone_is_mirrored(
    builder: RepositoryBuilder, sources: GitSources, tmp_path: Path
) -> None:
    builder.commit({"a.py": "a = 1\n"}, "Start")
    head = builder.commit({"a.py": "a = 2\n"}, "Second")
    shallow = tmp_path / "shallow"
    builder.git("clone", "--quiet", "--depth=1", f"file://{builder.path}", str(shallow))
    repository = sources.open(str(shallow))
    assert [commit.sha for commit in repository.log(head)] == [head]
    assert repository.blame(head, "a.py")[0].commit == head


def test_an_empty_repository_is_empty(builder: RepositoryBuilder, sources: GitSources) -> None:
    assert sources.open(str(builder.path)).resolve("main") is None


def test_nothing_of_the_remote_runs_and_nothing_is_written_to_it(
    builder: RepositoryBuilder, sources: GitSources, tmp_path: Path
) -> None:
    trap = tmp_path / "trap"
    script = f"#!/bin/sh\ntouch {trap}\n"
    for hook in ("post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc"):
        place = builder.path / ".git" / "hooks" / hook
        place.parent.mkdir(exist_ok=True)
        place.write_text(script, encoding="utf-8")
        place.chmod(0o755)
    sha = builder.commit({"a.py": "a = 1\n", ".gitattributes": "* filter=evil diff=evil\n"}, "S")
    trap.unlink(missing_ok=True)
    for key in (
        "core.fsmonitor",
        "filter.evil.smudge",
        "filter.evil.clean",
        "diff.evil.command",
        "diff.evil.textconv",
        "uploadpack.packObjectsHook",
        "core.pager",
        "core.sshCommand",
    ):
        builder.git("config", key, f"touch {trap}; false")
    before = {
        path: path.read_bytes() for path in (builder.path / ".git").rglob("*") if path.is_file()
    }
    repository = sources.open(str(builder.path))
    repository.refresh()
    repository.log(sha)
    repository.blame(sha, "a.py")
    with repository.checkout(sha):
        pass
    assert not trap.exists()
    after = {
        path: path.read_bytes() for path in (builder.path / ".git").rglob("*") if path.is_file()
    }
    assert after == before


def test_many_processes_make_one_mirror(builder: RepositoryBuilder, tmp_path: Path) -> None:
    head = builder.commit({"a.py": "a = 1\n"}, "Start")
    state = tmp_path / "state"
    with ThreadPoolExecutor(4) as pool:
        runs = pool.map(
            lambda _: subprocess.run(
                [sys.executable, "-c", OPEN, str(state), str(builder.path)],
                capture_output=True,
                text=True,
                check=True,
                cwd=Path(__file__).parents[2],
            ).stdout.splitlines()[-1],
            range(4),
        )
    assert set(runs) == {head}
    assert len(list((state / "mirrors").glob("*.git"))) == 1


def test_the_leftovers_of_a_killed_fetch_are_removed(
    builder: RepositoryBuilder, sources: GitSources, tmp_path: Path
) -> None:
    builder.commit({"a.py": "a = 1\n"}, "Start")
    repository = sources.open(str(builder.path))
    (mirror,) = (tmp_path / "state" / "mirrors").glob("*.git")
    (mirror / "packed-refs.lock").touch()
    (mirror / "refs" / "heads" / "main.lock").touch()
    (mirror / "objects" / "pack" / "tmp_pack_x").touch()
    head = builder.commit({"a.py": "a = 2\n"}, "Second")
    repository.refresh()
    assert repository.resolve("main") == head
    assert not (mirror / "objects" / "pack" / "tmp_pack_x").exists()


def test_many_packs_become_one(
    builder: RepositoryBuilder, sources: GitSources, tmp_path: Path
) -> None:
    sha = builder.commit({"a.py": "a = 1\n"}, "Start")
    repository = sources.open(str(builder.path))
    (mirror,) = (tmp_path / "state" / "mirrors").glob("*.git")
    for number in range(MAX_PACKS + 1):
        blob = run_git(
            mirror, "hash-object", "-w", "--stdin", run=GitRun(stdin=str(number).encode())
        )
        run_git(mirror, "pack-objects", "-q", "objects/pack/pack", run=GitRun(stdin=blob))
    repository.refresh()
    assert len(list((mirror / "objects" / "pack").glob("*.pack"))) <= 2
    assert repository.read_file(sha, "a.py") == "a = 1\n"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "-oProxyCommand=evil",
        "ext::sh -c evil",
        "ext::sh",
        "git://host/x",
        "ftp://host/x",
        "https://",
        "https://[::1",
        "https://host:port/x",
        "https://host/\nx",
        "x" * 3_000,
        "fd::17",
    ],
)
def test_other_transports_are_refused(sources: GitSources, url: str) -> None:
    with pytest.raises(InvalidInput):
        sources.open(url)


def test_a_place_without_a_repository_is_not_found(sources: GitSources, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        sources.open(str(tmp_path / "absent"))
    (tmp_path / "plain").mkdir()
    with pytest.raises(NotFound):
        sources.open(str(tmp_path / "plain"))


def test_addresses_keep_no_credentials() -> None:
    secret = parse_remote("https://bot:t0ken%40x@git.example:8443/team/shop.git?x=1")
    assert secret.address == "https://git.example:8443/team/shop.git?x=1"
    assert "t0ken" not in repr(secret)
    assert secret.environment["GIT_CONFIG_VALUE_0"].startswith("Authorization: Basic ")
    assert secret.name == parse_remote("https://git.example:8443/team/shop.git?x=1").name
    assert parse_remote("https://token@[::1]/x").address == "https://[::1]/x"
    assert parse_remote("git@host.example:team/shop.git").address.startswith("git@")
    assert parse_remote("ssh://git@host.example/shop").environment == {}
    assert scrub("fatal: https://bot:t0ken@host/x failed") == "fatal: https://host/x failed"


class Guarded(BaseHTTPRequestHandler):
    seen: ClassVar[list[str | None]] = []
    status = 401

    def do_GET(self) -> None:
        self.seen.append(self.headers.get("Authorization"))
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        del format, args


@pytest.mark.parametrize(
    ("status", "error"), [(401, NotAuthorised), (404, NotFound), (503, Unreachable)]
)
def test_a_token_reaches_the_server_and_nothing_else(
    sources: GitSources, tmp_path: Path, status: int, error: type[Exception]
) -> None:
    class Handler(Guarded):
        seen: ClassVar[list[str | None]] = []

    Handler.status = status
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(error) as refused:
            sources.open(f"http://bot:t0ken@127.0.0.1:{server.server_port}/shop.git")
        server.shutdown()
    assert Handler.seen[0] == "Basic Ym90OnQwa2Vu"
    assert "t0ken" not in str(refused.value)
    assert "Ym90OnQwa2Vu" not in str(refused.value)
    state = tmp_path / "state"
    assert not any(
        b"t0ken" in path.read_bytes() or b"Ym90OnQwa2Vu" in path.read_bytes()
        for path in state.rglob("*")
        if path.is_file()
    )


def test_a_remote_that_does_not_answer_is_unreachable(sources: GitSources) -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        port = server.server_port
    with pytest.raises(Unreachable):
        sources.open(f"http://127.0.0.1:{port}/shop.git")


def test_a_run_is_bounded_and_says_what_git_said(builder: RepositoryBuilder) -> None:
    builder.commit({"a.py": "a = 1\n"}, "Start")
    with pytest.raises(PermanentError, match="cat-file failed"):
        run_git(builder.path, "cat-file", "blob", "0" * 40)
    with pytest.raises(InvalidInput, match="more than 3 bytes"):
        run_git(builder.path, "rev-parse", "HEAD", run=GitRun(max_bytes=3))
    with pytest.raises(Unreachable, match="took longer"):
        run_git(
            builder.path,
            "-c",
            "alias.wait=!sleep 30",
            "wait",
            run=GitRun(timeout_seconds=0.05),
        )


def test_git_does_not_look_for_a_repository_around(builder: RepositoryBuilder) -> None:
    inner = builder.path / "inner"
    inner.mkdir()
    assert attempt_git(inner, "rev-parse", "--git-dir").code != 0
