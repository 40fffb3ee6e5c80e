"""Hidden judges say right, wrong, or that they cannot tell."""

import asyncio
import threading
from pathlib import Path

import pytest

from evals.case import Judge
from evals.judging import Courtroom, Offer
from evals.outcome import JudgeVerdict
from evals.stopping import Interrupted, StoppableSandbox, in_thread, stoppable
from integrations.bubblewrap.sandbox import BubblewrapSandbox
from integrations.git.source import GitSources
from suture.domain.service import Service
from suture.policy.model import SandboxBounds
from suture.ports.sandbox import SandboxJob
from suture.settings import package_client_settings
from tests.builders.repository import RepositoryBuilder
from tests.evals import made_up

RIGHT, WRONG, NOT_RUNNABLE = JudgeVerdict
FIXED = {"shop.py": made_up.BEFORE}
BROKEN = {"shop.py": made_up.BEFORE + "def ("}
NEVER = made_up.HIDDEN + "\n\ndef test_never():\n    assert False\n"


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> RepositoryBuilder:
    builder = RepositoryBuilder(tmp_path_factory.mktemp("repository"))
    builder.commit({"shop.py": made_up.AFTER, "test_shop.py": made_up.TEST}, "Start")
    return builder


@pytest.fixture(scope="module")
def courtroom(
    builder: RepositoryBuilder, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Courtroom:
    remote = str(builder.path)
    return Courtroom(
        sandbox=StoppableSandbox(
            sandbox=BubblewrapSandbox(
                cache / "sandbox", package_settings=package_client_settings()
            ),
            stopped=threading.Event(),
        ),
        repository=GitSources(tmp_path_factory.mktemp("sources")).open(remote),
        service=Service(name="shop", repository=remote, setup_command=made_up.SETUP),
        bounds=SandboxBounds(),
    )


def judge_of(test: str, **more: object) -> Judge:
    hidden = {"files": {"test_hidden.py": test}, "node_ids": ("test_hidden.py",)}
    return Judge.model_validate({**hidden, **more})


def script(text: str, **more: object) -> Judge:
    return Judge.model_validate({"script": text, **more})


LABEL = "python -c 'import shop; shop.label(str())' || exit 1"
CASES = {
    "the hidden test passes": (judge_of(made_up.HIDDEN), FIXED, RIGHT),
    "the hidden test fails": (judge_of(made_up.IMPOSSIBLE), FIXED, WRONG),
    "the fix breaks the module": (judge_of(made_up.HIDDEN), BROKEN, WRONG),
    "the hidden test is green without a fix": (judge_of(made_up.BLIND), FIXED, NOT_RUNNABLE),
    "there is no hidden test": (judge_of("import shop\n"), FIXED, NOT_RUNNABLE),
    "a test that fails with the reference too does not count": (
        judge_of(NEVER, reference=FIXED),
        FIXED,
        RIGHT,
    ),
    "nothing passes with the reference": (
        judge_of(made_up.IMPOSSIBLE, reference=FIXED),
        FIXED,
        NOT_RUNNABLE,
    ),
    "the reference is right and the fix is not": (
        judge_of(made_up.HIDDEN, reference=FIXED),
        {"other.py": ""},
        WRONG,
    ),
    "the script passes": (script(LABEL), FIXED, RIGHT),
    "the script fails": (script(LABEL), {"other.py": ""}, WRONG),
    "the script passes without a fix": (script("true"), FIXED, NOT_RUNNABLE),
    "the script fails with the reference too": (
        script("exit 1", reference=FIXED),
        FIXED,
        NOT_RUNNABLE,
    ),
    "the script does not run": (script("no-such-program"), FIXED, NOT_RUNNABLE),
}


@pytest.mark.parametrize("name", CASES)
def test_a_judge_says_right_or_wrong_or_that_it_cannot_tell(
    name: str, builder: RepositoryBuilder, courtroom: Courtroom
) -> None:
    judge, fix, expected = CASES[name]
    base = builder.git("rev-parse", "main").strip()
    builder.git("switch", "--quiet", "--force-create", "fix", base)
    head = builder.commit(fix, "Fix")
    courtroom.repository.refresh()
    report = courtroom.judge(judge, Offer(base_sha=base, head_sha=head))
    assert report.verdict is expected, report
    assert report.explanation


def test_a_judge_of_a_head_that_is_gone_cannot_tell(
    builder: RepositoryBuilder, courtroom: Courtroom
) -> None:
    courtroom.repository.refresh()
    base = builder.git("rev-parse", "main").strip()
    report = courtroom.judge(judge_of(made_up.HIDDEN), Offer(base_sha=base, head_sha="0" * 40))
    assert report.verdict is NOT_RUNNABLE
    assert "could not run" in report.explanation


def test_an_interrupted_run_ends_what_its_own_sandbox_runs(
    builder: RepositoryBuilder, courtroom: Courtroom
) -> None:
    stopped = threading.Event()
    stopped.set()
    sandbox = StoppableSandbox(sandbox=courtroom.sandbox, stopped=stopped)
    job = SandboxJob(tree=builder.path, argv=("sleep", "600"))
    with pytest.raises(Interrupted):
        sandbox.run(job, lambda: None)


async def test_what_a_suite_runs_while_it_prepares_ends_as_well(
    builder: RepositoryBuilder, courtroom: Courtroom
) -> None:
    begun = threading.Event()
    job = SandboxJob(tree=builder.path, argv=("sleep", "600"))

    def prepare() -> None:
        stoppable(courtroom.sandbox).run(job, begun.set)

    task = asyncio.create_task(in_thread(threading.Event(), prepare))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
