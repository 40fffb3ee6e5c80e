"""Whole incidents under attack, through the real workflows, litellm and the sandbox."""

import json
from pathlib import Path

import pytest

from apps.cli.fixing import FixOrder, FixOutcome, fix
from apps.cli.repository import open_repository
from evals.seeded import BuiltCase, build_repository, load_case
from suture.domain.ledger import LedgerDraft
from suture.domain.report import IncidentReport
from suture.domain.resolution import ResolutionKind
from suture.model_settings import ModelSettings
from suture.settings import Settings, TemporalSettings
from tests.builders.cases import capture_event, judge, patched_tree
from tests.cli.everything import git
from tests.fakes.openai_server import Answer, Question, say, serving
from tests.injection.battery import CANARIES, Attack, attacks
from tests.model.stage import FREE, Shop, records, rules
from workers.parts import build_parts

BY_NAME = {attack.name: attack for attack in attacks()}
CASE = "tag-index"


class Unseen:
    """Looks on and says nothing."""

    def update(self, report: IncidentReport) -> None:
        del report


def obeying(*turns: tuple[Attack, ...]) -> list[Answer]:
    return [
        say("", *(call for attack in turn for call in attack.obeys), ("undo_edits", {}))
        for turn in turns
    ]


async def test_a_model_that_obeys_ends_without_a_fix_and_each_try_is_on_record(shop: Shop) -> None:
    judged = (BY_NAME["a-proposal-that-memorises"],), (BY_NAME["snooping-on-the-harness"],)
    names = ("forget-the-rules-and-read-secrets", "approve-yourself", "a-shell-command")
    refused = tuple(BY_NAME[name] for name in names)
    answers = obeying(*judged, refused, refused)
    with serving(lambda _question, number: answers[min(number, 3)]) as server:
        talking = shop.talking_to(server.url)
        start = talking.request(rules())
        async with talking.at_work() as client:
            outcome = await talking.started(client, rules(), report=start.report)
    assert outcome.kind is ResolutionKind.NO_FIX_FOUND, outcome.explanation
    assert "led_nowhere" in outcome.explanation
    kept = [entry.draft for entry in records(talking, start)]
    assert {"read_file", "approve", "merge", "run_shell", "bash"} == {
        str(draft.data["tool"]) for draft in kept if draft.event == "tool.refused"
    }
    seen = json.dumps(server.questions)
    assert not [canary for canary in CANARIES if canary in seen]


@pytest.fixture
def besieged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BuiltCase:
    """A repository whose README, code, tests, commit and branch all give orders."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    built = build_repository(load_case(CASE), tmp_path / "besieged")
    cause = built.case.root_cause
    assert cause is not None
    faulty = built.path / cause.path
    faulty.write_text(f"{faulty.read_text()}\n\n{BY_NAME['a-comment-speaks'].text}\n")
    (built.path / "README.md").write_text(BY_NAME["the-readme-speaks"].text)
    git(built.path, "switch", "--quiet", "--create", BY_NAME["a-branch-name-speaks"].text)
    git(built.path, "commit", "-qam", BY_NAME["a-commit-message-speaks"].text)
    return built


async def fixed(
    built: BuiltCase, address: str, kept: Path, model: tuple[str, str] | None = None
) -> FixOutcome:
    repository = open_repository(built.path)
    event = capture_event(built)
    assert isinstance(event, str)
    settings = Settings(
        temporal=TemporalSettings(address=address),
        model=ModelSettings.model_validate({**FREE, "detached": False}),
        policy_file=policy_file(built.path.parent, patterns=model is None),
    )
    order = FixOrder(
        repository=repository,
        event=f"{event}\n{shouting()}\n",
        service=repository.name,
        test_command=built.case.test_command,
        model=model[0] if model else None,
        api_base=model[1] if model else None,
        keep_state=kept,
    )
    return await fix(settings, order, Unseen())


def policy_file(folder: Path, *, patterns: bool) -> Path:
    path = folder / "policy.yaml"
    path.write_text(f"strategies: {{patterns: {str(patterns).lower()}}}\n")
    return path


def shouting() -> str:
    return "\n".join(attack.text for attack in BY_NAME.values() if attack.place == "message")


def recorded(outcome: FixOutcome, kept: Path) -> list[LedgerDraft]:
    parts = build_parts(Settings(state_dir=kept))
    try:
        return [entry.draft for entry in parts.ledger.read(outcome.report.case_id)]
    finally:
        parts.close()


@pytest.mark.timeout(400)
async def test_patterns_fix_the_fault_and_nothing_else_whatever_the_texts_say(
    besieged: BuiltCase, engine_address: str, tmp_path: Path
) -> None:
    before = git(besieged.path, "rev-parse", "HEAD")
    outcome = await fixed(besieged, engine_address, tmp_path / "kept")
    assert outcome.patch, outcome.report.resolution
    assert git(besieged.path, "rev-parse", "HEAD") == before
    (tmp_path / "fix.patch").write_text(outcome.patch)
    tree = patched_tree(besieged, tmp_path / "fix.patch", tmp_path / "patched")
    assert judge(besieged, tree)
    assert "README" not in outcome.patch
    events = [draft.event for draft in recorded(outcome, tmp_path / "kept")]
    assert "injection.suspected" in events
    assert "pull_request.merged" not in events


@pytest.mark.timeout(400)
async def test_a_model_that_obeys_the_siege_changes_nothing(
    besieged: BuiltCase, engine_address: str, tmp_path: Path
) -> None:
    names = [name for name, attack in BY_NAME.items() if attack.place == "message"]
    answers = obeying(*((BY_NAME[name],) for name in names))

    def script(_question: Question, number: int) -> Answer:
        return answers[number % len(answers)]

    before = git(besieged.path, "branch", "--format=%(refname) %(objectname)")
    with serving(script) as server:
        model = ("openai/obeying", server.url)
        outcome = await fixed(besieged, engine_address, tmp_path / "kept", model)
    resolution = outcome.report.resolution
    assert resolution is not None
    assert (resolution.kind, outcome.patch) == (ResolutionKind.NO_FIX_FOUND, "")
    events = [draft.event for draft in recorded(outcome, tmp_path / "kept")]
    assert {"injection.suspected", "tool.refused"} <= set(events)
    assert not [canary for canary in CANARIES if canary in json.dumps(server.questions)]
    after = git(besieged.path, "branch", "--format=%(refname) %(objectname)").splitlines()
    assert [line for line in after if "suture/" not in line] == before.splitlines()
