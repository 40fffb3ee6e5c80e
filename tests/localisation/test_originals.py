"""A minified stack leads to what was written, by the maps that the repository keeps."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from suture.domain.alert import Alert, ExceptionInfo
from suture.domain.evidence import Evidence
from suture.localisation.originals import MAX_MAPS, in_originals
from suture.traces.detect import parse_report
from tests.builders.stage import Stage

BUILT = Path(__file__).parent / "built"
"""What esbuild made of the two sources, and what Node.js printed."""
NOW = datetime(2100, 1, 1, tzinfo=UTC)
CRASH = ("src/pricing.ts", 7, "discounted")
SCRIPT = (BUILT / "server.js").read_text(encoding="utf-8")
MAP = (BUILT / "server.js.map").read_text(encoding="utf-8")
SOURCES = {
    f"src/{name}": (BUILT / "src" / name).read_text(encoding="utf-8")
    for name in ("pricing.ts", "server.ts")
}


def alert(stack: str = "") -> Alert:
    text = stack or (BUILT / "stderr.txt").read_text(encoding="utf-8")
    return parse_report(text, service="shop", received_at=NOW)


def crash_of(evidence: Evidence) -> tuple[str, int, str | None] | None:
    crash = evidence.crash
    return (crash.path, crash.line, crash.function) if crash else None


def without_comment(script: str) -> str:
    return script.partition("//# sourceMappingURL")[0]


def inlined(map_text: str) -> str:
    encoded = base64.b64encode(map_text.encode()).decode()
    return f"{without_comment(SCRIPT)}//# sourceMappingURL=data:application/json;base64,{encoded}\n"


def mapped(**changes: object) -> str:
    return json.dumps({**json.loads(MAP), **changes})


@pytest.mark.parametrize(
    "built",
    [
        {"dist/server.js": SCRIPT, "dist/server.js.map": MAP},
        {"dist/server.js": without_comment(SCRIPT), "dist/server.js.map": MAP},
        {
            "dist/server.js": f"{without_comment(SCRIPT)}//# sourceMappingURL=../maps/of.json\n",
            "maps/of.json": MAP,
        },
        {"dist/server.js": inlined(MAP)},
        {"maps/dist/server.js.map": mapped(sourceRoot="..")},
        {"dist/server.js": SCRIPT, "dist/server.js.map": mapped(sourcesContent=None)},
        {
            "dist/server.js": SCRIPT,
            "dist/server.js.map": mapped(
                sources=["webpack://shop/./src/server.ts", "webpack://shop/./src/pricing.ts"]
            ),
        },
    ],
    ids=["named", "beside", "elsewhere", "inline", "map alone", "no content", "webpack"],
)
def test_the_crash_is_found_where_it_was_written(stage: Stage, built: dict[str, str]) -> None:
    stage.commit({**SOURCES, **built})
    evidence = stage.evidence(alert())
    assert crash_of(evidence) == CRASH
    assert [(each.path, each.line) for each in evidence.path][-2:] == [
        ("src/server.ts", 6),
        ("src/pricing.ts", 7),
    ]
    assert any("was written at src/pricing.ts:7" in note.text for note in evidence.notes)


def test_later_stages_see_the_alert_as_it_was_written(stage: Stage) -> None:
    stage.commit({**SOURCES, "dist/server.js": SCRIPT, "dist/server.js.map": MAP})
    given = alert()
    evidence = stage.evidence(given)
    last = in_originals(given, evidence).exceptions[-1].frames[-1]
    assert (last.filename, last.function, last.lineno) == (CRASH[0], CRASH[2], CRASH[1])
    assert last.context_line == "  return line.price * (1 - line.discount!.percent / 100);"
    diagnosis = stage.diagnosis(given)
    assert diagnosis.cause is not None
    assert diagnosis.cause.path == "src/pricing.ts"


@pytest.mark.parametrize(
    "built",
    [
        {"dist/server.js": SCRIPT},
        {"dist/server.js": SCRIPT, "dist/server.js.map": "{"},
        {"dist/server.js": SCRIPT, "dist/server.js.map": b"\xff\x00"},
        {"dist/server.js": SCRIPT, "dist/server.js.map": mapped(mappings="!!!")},
        {"dist/server.js": inlined("[" * 100_000)},
    ],
    ids=["missing", "cut", "binary", "bad mappings", "nested"],
)
def test_a_map_that_tells_nothing_leaves_the_stack_as_it_is(
    stage: Stage, built: dict[str, str | bytes]
) -> None:
    stage.commit({**SOURCES, **built})
    given = alert()
    evidence = stage.evidence(given)
    assert evidence.originals == ()
    assert in_originals(given, evidence) == given
    assert evidence.crash is not None
    assert evidence.crash.path == "dist/server.js"


@pytest.mark.parametrize(
    "source",
    [
        "../../../../../../etc/passwd",
        "/etc/passwd",
        "file:///etc/passwd",
        "..\\..\\..\\etc\\passwd",
        "https://evil.example/x.ts",
        "\x00",
        "",
    ],
)
def test_no_source_leads_out_of_the_repository(stage: Stage, source: str) -> None:
    hostile = mapped(sources=[source, source], sourcesContent=None)
    stage.commit({**SOURCES, "dist/server.js": SCRIPT, "dist/server.js.map": hostile})
    evidence = stage.evidence(alert())
    assert evidence.originals
    assert {each.path for each in evidence.path} <= set(SOURCES)


def test_no_map_is_opened_outside_the_repository(stage: Stage) -> None:
    away = (
        f"{without_comment(SCRIPT)}//# sourceMappingURL=../../../../../../{BUILT}/server.js.map\n"
    )
    stage.commit({**SOURCES, "dist/server.js": away})
    assert stage.evidence(alert()).originals == ()


def test_a_packages_call_stays_a_packages(stage: Stage) -> None:
    hostile = mapped(sources=["../src/server.ts", "../node_modules/money/index.js"])
    stage.commit({**SOURCES, "dist/server.js": SCRIPT, "dist/server.js.map": hostile})
    evidence = stage.evidence(alert())
    assert crash_of(evidence) == ("src/server.ts", 6, "total")
    last = evidence.originals[-1].frames[-1]
    assert (last.filename, last.in_app) == ("node_modules/money/index.js", False)


def test_only_so_many_maps_are_read(stage: Stage) -> None:
    names = [f"part{number}" for number in range(MAX_MAPS + 3)]
    calls = "\n".join(f"    at i (/app/dist/{name}.js:1:504)" for name in names)
    files = {f"dist/{name}.js": inlined(MAP) for name in names}
    stage.commit({**SOURCES, **files})
    evidence = stage.evidence(alert(f"TypeError: no\n{calls}\n"))
    assert [each.filename for each in evidence.originals[-1].frames].count("src/pricing.ts") == (
        MAX_MAPS
    )


def test_the_innermost_place_that_was_found_is_told(stage: Stage) -> None:
    stage.commit({**SOURCES, "dist/server.js": inlined(MAP)})
    stack = "TypeError: no\n    at JSON.parse (<anonymous>)\n    at i (/app/dist/server.js:1:504)\n"
    given = alert(stack)
    outer = ExceptionInfo(type="Error", value="no total")
    given = given.model_copy(update={"exceptions": (*given.exceptions, outer)})
    [told] = [note for note in stage.evidence(given).notes if "source map" in note.text]
    assert "src/pricing.ts:7" in told.text


def test_a_source_that_the_repository_lacks_keeps_its_name(stage: Stage) -> None:
    stage.commit({"dist/server.js": SCRIPT, "dist/server.js.map": MAP})
    evidence = stage.evidence(alert())
    assert evidence.originals[-1].frames[-1].filename == "src/pricing.ts"
    assert evidence.crash is None


def test_sentry_has_applied_its_map_already(stage: Stage) -> None:
    stage.commit({**SOURCES, "src/pricing.js": inlined(MAP)})
    frame = {
        "filename": "./src/pricing.ts",
        "function": "discounted",
        "lineno": 7,
        "colno": 15,
        "in_app": True,
        "data": {"sourcemap": "https://shop.example/server.js.map", "symbolicated": True},
    }
    event = {
        "event_id": "a" * 32,
        "platform": "node",
        "exception": {"values": [{"type": "TypeError", "stacktrace": {"frames": [frame]}}]},
    }
    given = alert(json.dumps(event))
    assert given.exceptions[0].frames[0].colno is None
    assert crash_of(stage.evidence(given)) == CRASH


def test_sentrys_raw_frames_are_put_in_their_place(stage: Stage) -> None:
    stage.commit({**SOURCES, "dist/server.js": SCRIPT, "dist/server.js.map": MAP})
    frame = {"filename": "app:///dist/server.js", "function": "i", "lineno": 1, "colno": 504}
    event = {
        "event_id": "a" * 32,
        "platform": "node",
        "exception": {
            "values": [
                {"type": "TypeError", "stacktrace": {"frames": [{**frame, "data": "odd"}]}},
            ]
        },
    }
    assert crash_of(stage.evidence(alert(json.dumps(event)))) == CRASH
