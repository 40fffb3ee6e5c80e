"""What people see of incidents."""

import asyncio
import re
from collections.abc import Callable

import pytest
from temporalio.client import Client

from suture.domain.incident import Stage
from suture.domain.rollout import RolloutVerdict
from tests.builders.reports import HEAD, MERGE, SUSPECT, TARGET, build_report, build_rollout
from tests.console.canned import CannedIncident
from tests.console.visiting import Page, Visitor, World
from tests.reporting.test_hypotheses import KEPT, NOTE, OUT

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def once(visitor: Visitor, path: str, holds: Callable[[Page], bool]) -> Page:
    """Read a page until something holds of it: Temporal's visibility follows its histories."""
    while not holds(page := await visitor.get(path)):  # noqa: ASYNC110 -- there is no event
        await asyncio.sleep(0.05)
    return page


async def test_the_page_tells_of_causes_that_competed(world: World) -> None:
    report = build_report(service="competing")
    assert report.diagnosis is not None
    changes = {"hypotheses": (KEPT, OUT), "confidence_note": NOTE}
    diagnosis = report.diagnosis.model_copy(update=changes)
    await world.start(report.model_copy(update={"diagnosis": diagnosis}))
    async with world.visitor("anna") as visitor:
        page = await visitor.get(f"/incidents/{report.case_id}")
    for told in ("Causes that competed", "ruled out", "Given items=[] it returned None", NOTE):
        assert told in page.text


async def test_the_page_tells_the_whole_story(world: World) -> None:
    report = build_report(service="whole")
    handle = await world.start(report)
    async with world.visitor("anna") as visitor:
        page = await visitor.get(f"/incidents/{report.case_id}")
    assert page.response.status_code == 200
    for told in (
        report.summary.title,
        "An approver must look at pull request #7.",
        "37 alerts",
        "divides by zero",
        "shop/cart.py:12",
        "return self.total() / len(self.items)",
        SUSPECT[:12],
        "It came with the failing release.",
        "Red with the patch taken out ✓ seen",
        "43 passed",
        "The same call gave this answer before the suspect commit.",
        "+ return Decimal(0)".replace("+ ", "+            "),
        "def test_empty()",
        "this only hides the error",
        HEAD,
        TARGET.patch_digest,
        "03:07:52",
        "$0.04",
    ):
        assert " ".join(told.split()) in page.text, told
    run = f"{report.key.incident_id}/{handle.first_execution_run_id}"
    assert f"http://temporal.test:8233/namespaces/default/workflows/{run}" in page.html
    assert '<span class="added">+            return Decimal(0)' in page.html


async def test_an_incident_is_found_by_its_id_and_by_the_case_of_each_occurrence(
    world: World,
) -> None:
    first = build_report(service="again", title="The first time")
    second = first.model_copy(
        update={
            "occurrence": 2,
            "summary": first.summary.model_copy(update={"title": "The second time"}),
        }
    )
    await world.start(first, ended=True)
    await world.start(second)
    name = first.key.incident_id
    async with world.visitor("vera") as visitor:
        await once(visitor, f"/incidents/{name}-1", lambda page: page.response.status_code != 404)
        assert "The second time" in (await visitor.get(f"/incidents/{name}")).text
        assert "The second time" in (await visitor.get(f"/incidents/{name}-2")).text
        assert "The first time" in (await visitor.get(f"/incidents/{name}-1")).text
        assert (await visitor.get(f"/incidents/{name}-3")).response.status_code == 404


@pytest.mark.parametrize("name", ["incident-v1-none-0123456789abcdef", "nothing", "a'b", "%00"])
async def test_an_unknown_incident_is_not_found(world: World, name: str) -> None:
    async with world.visitor("vera") as visitor:
        page = await visitor.get(f"/incidents/{name}")
    assert page.response.status_code == 404
    assert "Not found" in page.text


async def test_an_outage_of_temporal_is_said_and_not_hidden(lonely_world: World) -> None:
    name = build_report().key.incident_id
    async with lonely_world.visitor("vera") as visitor:
        for path in ("/", f"/incidents/{name}", f"/incidents/{name}/ledger"):
            page = await visitor.get(path)
            assert page.response.status_code == 503, path
            assert "Not reachable just now" in page.text


async def test_open_incidents_come_before_closed_ones_page_by_page(world: World) -> None:
    for number in range(26):
        await world.start(
            build_report(service=f"many-{number}", title=f"Over {number}"), ended=True
        )
    await world.start(build_report(service="open", title="Still open"))
    async with world.visitor("vera") as visitor:
        page = await once(
            visitor, "/", lambda page: "Still open" in page.text and "Over 25" in page.text
        )
        assert page.text.index("Still open") < page.text.index("Over 25")
        assert re.search(r"Still open high approval open \d{4}-", page.text)
        assert re.search(r"Over 25 high fixed many-25 \d{4}-", page.text)
        assert "Over 0 " not in page.text
        older = page.html.split('href="/console/?closed=')[1].split('"')[0]
        assert "Over 0 " in (await visitor.get(f"/?closed={older}")).text
        for nonsense in ("AAAA", "%C3%A9", "AAAA.0"):
            assert (await visitor.get(f"/?closed={nonsense}")).response.status_code == 400


async def test_buttons_are_for_those_who_may_decide(world: World) -> None:
    report = build_report(service="roles")
    await world.start(report)
    path = f"/incidents/{report.case_id}"
    async with world.visitor("vera") as visitor:
        page = await visitor.get(path)
        assert page.buttons == []
        assert "the policy does not let you decide" in page.text
        assert 'http-equiv="refresh"' in page.html
    for name in ("anna", "root"):
        async with world.visitor(name) as visitor:
            page = await visitor.get(path)
            assert page.buttons == ["approve", "request_changes", "reject", "take_over"]
            assert 'http-equiv="refresh"' not in page.html


@pytest.mark.parametrize(
    ("stage", "target", "buttons"),
    [
        (Stage.FIX, None, ["take_over"]),
        (Stage.APPROVAL, None, ["request_changes", "reject", "take_over"]),
        (Stage.DEPLOY_WATCH, TARGET, ["take_over"]),
        (Stage.HUMAN, None, []),
        (Stage.CLOSED, None, []),
    ],
)
async def test_buttons_show_only_when_they_mean_something(
    world: World, stage: Stage, target: object, buttons: list[str]
) -> None:
    report = build_report(service=f"stage-{stage}", stage=stage)
    await world.start(report.model_copy(update={"target": target}))
    async with world.visitor("anna") as visitor:
        page = await visitor.get(f"/incidents/{report.case_id}")
    assert page.buttons == buttons
    # A page that reloads itself would eat a comment that somebody is typing.
    assert ("<textarea" in page.html) != ('http-equiv="refresh"' in page.html)


async def test_a_diff_that_is_not_the_one_in_question_is_called_so(world: World) -> None:
    report = build_report(service="moved")
    moved = TARGET.model_copy(update={"patch_digest": "9" * 64})
    await world.start(report.model_copy(update={"target": moved}))
    async with world.visitor("anna") as visitor:
        page = await visitor.get(f"/incidents/{report.case_id}")
    assert "This is not what consent is asked for" in page.text


@pytest.mark.parametrize("verdict", list(RolloutVerdict))
async def test_the_rollout_is_shown_with_its_numbers(world: World, verdict: RolloutVerdict) -> None:
    report = build_report(service=f"rollout-{verdict}", stage=Stage.DEPLOY_WATCH)
    seen = {"rollout": build_rollout(verdict), "merge_sha": MERGE, "target": None}
    await world.start(report.model_copy(update=seen))
    async with world.visitor("vera") as visitor:
        text = (await visitor.get(f"/incidents/{report.case_id}")).text
    assert f"{verdict.capitalize()}. No such error in 900 requests" in text
    assert "This error 31 0" in text
    assert "Failed requests no data 2" in text
    assert "recovered 812.4" in text


async def test_an_incident_that_has_only_begun_has_a_page(world: World) -> None:
    full = build_report(service="begun", stage=Stage.DETECTED)
    bare = type(full)(key=full.key, summary=full.summary)
    await world.start(bare)
    async with world.visitor("vera") as visitor:
        page = await visitor.get(f"/incidents/{bare.case_id}")
    assert page.response.status_code == 200
    assert "Nothing has happened yet" in page.text


async def test_what_cannot_be_read_from_the_store_is_left_out(
    world: World, temporal: Client
) -> None:
    report = build_report(service="lost")
    broken = world.parts.artifacts.put(b"{}")
    assert report.reproduction is not None
    reproduction = report.reproduction.model_copy(update={"files": broken})
    await world.start(
        report.model_copy(
            update={"verification": None, "target": None, "reproduction": reproduction}
        )
    )
    async with world.visitor("vera") as visitor:
        page = await visitor.get(f"/incidents/{report.case_id}")
    assert page.response.status_code == 200
    assert "The change" not in page.text
    handle = temporal.get_workflow_handle(report.key.incident_id)
    assert (await handle.query(CannedIncident.show_signals)) == 0


async def test_an_incident_that_was_stopped_from_outside_is_listed_as_such(world: World) -> None:
    await world.start(build_report(service="stopped", title="Stopped"))
    await world.close()
    async with world.visitor("vera") as visitor:
        await once(visitor, "/", lambda page: "Stopped high terminated stopped" in page.text)
