"""Packages that moved: told, suspected and named as the cause where the failure leads to them."""

import json

import pytest

from suture.dependencies import moves as dependency_moves
from suture.dependencies.moves import ManifestHistory
from suture.dependencies.naming import is_of, lies_in
from suture.domain.alert import ExceptionInfo, Frame
from suture.domain.diagnosis import Category, Fixability
from suture.domain.evidence import DependencyMove, Ecosystem, PackageRole
from suture.localisation.packages import Involvement, reason_of, telling, with_role
from tests.builders.stage import Stage, report

SOURCE = """\
import { encode } from 'strips';

export function label(order) {
  return encode(order.number);
}
"""
OWN = Frame(filename="/app/src/label.js", function="label", lineno=4)
INSIDE = Frame(
    filename="/app/node_modules/strips/lib/encode.js", function="encode", lineno=9, in_app=False
)


def locked(version: str, grid: str = "1.0.0") -> dict[str, str]:
    packages = {
        "": {"dependencies": {"strips": f"^{version}"}},
        "node_modules/strips": {"version": version},
        "node_modules/bit-grid": {"version": grid},
    }
    asked = {"dependencies": {"strips": f"^{version}"}}
    return {
        "package.json": json.dumps(asked, indent=1),
        "package-lock.json": json.dumps({"packages": packages}, indent=1),
    }


def crash(*frames: Frame, said: str = "Cannot read properties of undefined") -> ExceptionInfo:
    return ExceptionInfo(type="TypeError", value=said, frames=frames)


@pytest.fixture
def bumped(stage: Stage) -> Stage:
    stage.commit({"src/label.js": SOURCE, **locked("2.4.1")}, "Print labels")
    stage.builder.tag("v1")
    stage.commit({"README.md": "More."}, "Explain")
    stage.commit(locked("3.0.0", "1.1.0"), "Raise packages")
    return stage


def test_a_package_that_fails_inside_is_the_cause(bumped: Stage) -> None:
    alert = report(exceptions=(crash(OWN, INSIDE),), release=bumped.builder.head())
    evidence = bumped.evidence(alert)
    [strips, grid] = evidence.moves
    assert (strips.name, strips.old, strips.new, strips.direct) == (
        "strips",
        "2.4.1",
        "3.0.0",
        True,
    )
    assert (strips.role, grid.role, grid.direct) == (PackageRole.RAISED, None, False)
    assert evidence.suspects[0].summary == "Raise packages"
    assert evidence.suspects[0].move == strips
    assert any("strips moved from 2.4.1 to 3.0.0" in each.text for each in evidence.notes)
    diagnosis = bumped.diagnosis(alert)
    assert diagnosis.category is Category.DEPENDENCY
    assert diagnosis.fixability is Fixability.NOT_CODE
    assert diagnosis.cause is not None
    assert diagnosis.cause.path == "package-lock.json"
    assert diagnosis.next_steps[0].startswith("Put strips back to 2.4.1")


def test_a_package_that_is_used_otherwise_than_it_can_be_is_the_cause(bumped: Stage) -> None:
    alert = report(exceptions=(crash(OWN, said="encode is not a function"),))
    assert bumped.diagnosis(alert).category is Category.DEPENDENCY


def test_a_package_beside_a_fault_of_the_code_is_only_told(bumped: Stage) -> None:
    alert = report(exceptions=(crash(OWN),))
    diagnosis = bumped.diagnosis(alert)
    assert diagnosis.category is Category.CODE_DEFECT


def test_a_package_that_came_with_its_first_use_can_be_taken_out(stage: Stage) -> None:
    first = {"package.json": '{"dependencies": {}}', "src/label.js": "export const a = 1;\n"}
    stage.commit(first, "Start")
    stage.commit({"package.json": '{"dependencies": {"strips": "^2"}}'}, "Take strips")
    alert = report(exceptions=(crash(INSIDE),))
    evidence = stage.evidence(alert)
    assert evidence.suspects[0].move is not None
    assert str(evidence.suspects[0].move) == "strips ^2 was added"


def test_only_the_last_commit_that_moved_a_package_is_suspected_for_it(bumped: Stage) -> None:
    bumped.commit(locked("3.0.1", "1.1.0"), "Raise strips once more")
    suspects = bumped.evidence(report(exceptions=(crash(OWN, INSIDE),))).suspects
    assert suspects[0].summary == "Raise strips once more"
    assert [each.move is not None for each in suspects].count(True) == 1


def test_a_move_is_told_with_its_reason() -> None:
    move = moved(Ecosystem.NPM, "strips")
    assert reason_of(move) == "strips moved from 1 to 2 (transitive, lock:3)."
    gone = move.model_copy(update={"new": "", "direct": True, "role": PackageRole.PASSED})
    assert reason_of(gone) == (
        "strips 1 was taken away (direct, lock:3): the failing path runs through it."
    )


def moved(ecosystem: Ecosystem, name: str) -> DependencyMove:
    return DependencyMove(
        ecosystem=ecosystem, name=name, old="1", new="2", direct=False, path="lock", line=3
    )


def frame(filename: str, module: str | None = None) -> Frame:
    return Frame(filename=filename, module=module, in_app=False)


JACKSON = "com.fasterxml.jackson.core:jackson-databind"


@pytest.mark.parametrize(
    ("ecosystem", "name", "call", "inside"),
    [
        ("pypi", "requests", frame("/usr/lib/python3/site-packages/requests/api.py"), True),
        ("pypi", "pyyaml", frame("/x/site-packages/yaml/scanner.py"), True),
        ("pypi", "python-dateutil", frame("/x/site-packages/dateutil/parser.py"), True),
        ("pypi", "six", frame("/x/site-packages/six.py"), True),
        ("pypi", "requests", frame("/app/requests/api.py"), False),
        ("npm", "@scope/part", frame("/app/node_modules/@scope/part/index.js"), True),
        ("npm", "qs", frame("/app/node_modules/express/node_modules/qs/lib.js"), True),
        ("npm", "express", frame("/app/node_modules/express/node_modules/qs/lib.js"), False),
        ("npm", "qs", frame("/app/node_modules/.pnpm/qs@6.1.0/node_modules/qs/a.js"), True),
        (
            "go",
            "github.com/BurntSushi/toml",
            frame("/go/pkg/mod/github.com/!burnt!sushi/toml@v1.6.0/a.go"),
            True,
        ),
        ("go", "example.org/money", frame("/app/vendor/example.org/money/cents/a.go"), True),
        ("go", "example.org/money", frame("a.go", "example.org/money/cents"), True),
        ("go", "example.org/money", frame("a.go", "example.org/moneybag"), False),
        ("maven", JACKSON, frame("A.java", "com.fasterxml.jackson.databind.ObjectMapper"), True),
        ("maven", JACKSON, frame("A.java", "com.fasterxml.jackson.core.JsonParser"), False),
        ("maven", "org.acme.rates:rates", frame("A.java", "org.acme.rates.Table"), True),
        ("maven", "junit:junit", frame("A.java", "junit.framework.Test"), False),
    ],
)
def test_a_call_is_inside_a_package_by_its_place(
    ecosystem: str, name: str, call: Frame, *, inside: bool
) -> None:
    assert lies_in(call, moved(Ecosystem(ecosystem), name)) is inside


def test_an_import_means_a_package() -> None:
    assert is_of("yaml.scanner", moved(Ecosystem.PYPI, "pyyaml"))
    assert is_of("com.fasterxml.jackson.databind.ObjectMapper", moved(Ecosystem.MAVEN, JACKSON))
    assert is_of("'strips/lib'", moved(Ecosystem.NPM, "strips"))
    assert not is_of("stripes", moved(Ecosystem.NPM, "strips"))


def test_a_name_in_the_error_or_a_call_on_the_way_is_a_weaker_trace() -> None:
    move = moved(Ecosystem.NPM, "strips")
    named = with_role(move, Involvement(said="no output of strips"))
    passed = with_role(move, Involvement(passed=(INSIDE,)))
    assert (named.role, passed.role) == (PackageRole.NAMED, PackageRole.PASSED)
    assert with_role(moved(Ecosystem.NPM, "qs"), Involvement(said="qs")).role is None
    assert telling((passed, named, move)) == named


def test_manifests_are_read_within_bounds(bumped: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    old = bumped.repository.resolve("v1")
    assert old is not None
    paths = ("package.json", "package-lock.json", "src/label.js", "missing/go.mod")
    new = bumped.builder.head()
    assert len(ManifestHistory(bumped.repository).moves(old, new, paths)) == 2
    monkeypatch.setattr(dependency_moves, "MAX_CHARACTERS", 10)
    assert ManifestHistory(bumped.repository).moves(old, new, paths) == ()


def test_a_lock_asks_the_manifests_beside_it(stage: Stage) -> None:
    lock = (
        '[[package]]\nname = "flask"\nversion = "{}"\n\n[[package]]\nname = "six"\nversion = "{}"\n'
    )
    asked = {"api/pyproject.toml": '[project]\ndependencies = ["flask"]\n'}
    old = stage.commit({"api/poetry.lock": lock.format(1, 1), "b/poetry.lock": "=", **asked})
    new = stage.commit({"api/poetry.lock": lock.format(2, 2), "b/poetry.lock": "=="})
    paths = ("api/poetry.lock", "b/poetry.lock")
    found = ManifestHistory(stage.repository).moves(old, new, paths)
    assert [(each.name, each.direct, each.line) for each in found] == [
        ("flask", True, 2),
        ("six", False, 6),
    ]
