"""What every sandbox keeps to, the scripted one too."""

from collections.abc import Callable
from pathlib import Path

import pytest

from integrations.bubblewrap.sandbox import BubblewrapSandbox
from suture.canonical import sha256
from suture.errors import InvalidInput
from suture.ports.sandbox import Sandbox, SandboxJob, SetupJob
from tests.fakes.sandbox import ScriptedSandbox
from tests.sandbox.attacks import nothing

MAKERS: dict[str, Callable[[Path], Sandbox]] = {
    "bubblewrap": BubblewrapSandbox,
    "script": ScriptedSandbox,
}


@pytest.fixture(params=sorted(MAKERS))
def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> Sandbox:
    return MAKERS[request.param](tmp_path / "root")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    tree.mkdir()
    return tree


def test_it_says_what_it_is(sandbox: Sandbox) -> None:
    assert sandbox.probe() == sandbox.probe() != ""


def test_it_runs_a_command_and_calls_for_progress(sandbox: Sandbox, tree: Path) -> None:
    calls = []
    result = sandbox.run(SandboxJob(tree=tree, argv=("true",)), lambda: calls.append(1))
    assert (result.exit_code, result.limit_hit, result.stdout, result.stderr) == (0, None, "", "")
    assert calls


@pytest.mark.parametrize(
    "changes",
    [
        {"directory": "../x"},
        {"files": {"/etc/passwd": ""}},
        {"collect": ("a/../../b",)},
        {"tree": Path("/nonexistent/tree")},
    ],
)
def test_it_refuses_what_leads_out_of_the_tree(
    sandbox: Sandbox, tree: Path, changes: dict[str, object]
) -> None:
    job = SandboxJob.model_validate({"tree": tree, "argv": ("true",), **changes})
    with pytest.raises(InvalidInput):
        sandbox.run(job, nothing)


def test_it_passes_on_what_progress_raises(sandbox: Sandbox, tree: Path) -> None:
    def stop() -> None:
        raise TimeoutError("cancelled")

    with pytest.raises(TimeoutError, match="cancelled"):
        sandbox.run(SandboxJob(tree=tree, argv=("sleep", "60")), stop)


def test_it_builds_an_environment_once(sandbox: Sandbox, tree: Path) -> None:
    job = SetupJob(tree=tree, command=None, key=sha256(b"key"))
    first = sandbox.prepare(job, nothing)
    made = first.stat().st_ino
    assert sandbox.prepare(job, nothing) == first
    assert first.is_dir()
    assert first.stat().st_ino == made


def test_it_refuses_a_set_up_outside_the_tree(sandbox: Sandbox, tree: Path) -> None:
    job = SetupJob(tree=tree, command=None, key=sha256(b"key"), directory="../..")
    with pytest.raises(InvalidInput):
        sandbox.prepare(job, nothing)
