"""Calls of JavaScript and Go that are rebuilt from what an alert captured."""

import pytest

from suture.domain.alert import AlertKind, ExceptionInfo, Frame
from suture.domain.service import ToolchainName
from suture.index.languages import Language
from suture.reproduction.answers import expecting, telling, told
from suture.reproduction.captured import Captured, CaptureScene, captured_calls
from suture.reproduction.placing import TestPlace, place_for
from suture.toolchain.model import Project
from suture.traces.golang import ARGUMENTS
from tests.builders.stage import report

GO = """\
package rates

func Mean(prices []int, name string, deep bool, of *Rate, why error) (int, error) {
\treturn 0, nil
}

func Share(of, by int32, odd Rate) int {
\treturn 0
}

func Reset(many ...int) { }

func Clear(all map[string]int, n int8) {
\tpanic(n)
}

func (r *Rate) Of(n int) int {
\treturn n
}

func Max[T any](all T) T {
\treturn all
}

func Flags(of uint8) { }
"""
DEEP: list[object] = []
for _ in range(30):
    DEEP = [DEEP]
MEAN, SHARE, CLEAR = 4, 8, 14


def captured(scene: CaptureScene, line: int, variables: dict[str, object]) -> Captured:
    frame = Frame.model_validate(
        {"filename": f"/srv/{scene.path}", "lineno": line, "variables": variables}
    )
    error = ExceptionInfo(type="panic", value="x", frames=(frame,))
    alert = report(kind=AlertKind.EXCEPTION, exceptions=(error,))
    return captured_calls(alert, scene)


def in_go(line: int, words: str | None) -> Captured:
    place = TestPlace(
        path="rates/reported_test.go",
        node_id="example.com/rates::TestReported",
        language=Language.GO,
        hint="",
    )
    scene = CaptureScene(place=place, toolchain=ToolchainName.GO, path="rates/rates.go", source=GO)
    return captured(scene, line, {} if words is None else {ARGUMENTS: words})


@pytest.mark.parametrize(
    ("line", "words", "call"),
    [
        (
            MEAN,
            "{0x0, 0x0, 0x0}, {0x0, 0x0}, 0x1, 0x0, {0x0, 0x0}",
            '_, _ = Mean(nil, "", true, nil, nil)',
        ),
        (
            MEAN,
            "{0xc000012345, 0x0, 0x4}, {0x53, 0x0}, 0x0, 0x0, {0x0, 0x0}",
            '_, _ = Mean([]int{}, "", false, nil, nil)',
        ),
        (CLEAR, "0x0, 0xff", "Clear(nil, -1)"),
        (25, "0xff", "Flags(255)"),
    ],
)
def test_words_that_decide_the_values_make_a_call(line: int, words: str, call: str) -> None:
    found = in_go(line, words)
    assert [each for each in found.calls if f"\t{call}\n" in each.source], found
    assert found.calls[0].source.startswith('package rates\n\nimport "testing"\n')


@pytest.mark.parametrize(
    ("line", "words", "reason"),
    [
        (MEAN, "{0xc000012345, 0x3, 0x4}, {0x0, 0x0}, 0x1, 0x0, {0x0, 0x0}", "leaves open"),
        (MEAN, "{0x0, 0x0, 0x0}, {0x0, 0x0}, 0x1?, 0x0, {0x0, 0x0}", "leaves open"),
        (MEAN, "{0x0, 0x0, 0x0}, {0x0, 0x0}, 0x1, 0xc000012345, {0x0, 0x0}", "leaves open"),
        (MEAN, "{0x0, 0x0, 0x0}, ...", "leaves open"),
        (MEAN, "0x1, 0x1, 0x1, 0x1", "leaves open"),
        (MEAN, "{0x0", "leaves open"),
        (MEAN, None, "does not say"),
        (MEAN, "{0x0, 0x0, 0x0}", "leaves open"),
        (22, "0x0", "cannot be read"),
        (SHARE, "0x1, 0x2, {0x0, 0x0, 0x0}", "leaves open"),
        (CLEAR, "0x0, 0x1, 0x2", "other arguments"),
        (11, "{0x0, 0x0, 0x0}", "more than plain names"),
        (18, "0x0, 0x1", "no function of the file itself"),
        (1, "0x0", "in no function"),
    ],
)
def test_words_that_leave_a_value_open_make_none(line: int, words: str | None, reason: str) -> None:
    found = in_go(line, words)
    assert found.calls == ()
    assert reason in found.refusals[0]


def in_script(
    source: str,
    variables: dict[str, object],
    *,
    path: str = "lib/cart.js",
    toolchain: ToolchainName = ToolchainName.NODE,
) -> Captured:
    test = f"test/cart.test.{path.rpartition('.')[2]}"
    place = place_for(toolchain, Project(files=(path, test)), path, source, "0" * 64)
    assert place is not None
    scene = CaptureScene(place=place, toolchain=toolchain, path=path, source=source)
    return captured(scene, 1, variables)


@pytest.mark.parametrize(
    ("source", "variables", "toolchain", "lines"),
    [
        (
            "function total(a, b = 1) { return a }\nmodule.exports = { total };\n",
            {"a": [1, None, {"x-y": "\u2028"}], "b": "<undefined>"},
            ToolchainName.NODE,
            (
                "const { test } = require('node:test');",
                "const { total } = require('../lib/cart.js');",
                '  total([1, null, { "x-y": "\\u2028" }], undefined);',
            ),
        ),
        (
            "exports.total = async a => a.length\n",
            {"a": {}},
            ToolchainName.MOCHA,
            (
                "  await total({});",
                'it("total with what it was called with in production", async () => {',
            ),
        ),
        (
            "export const total = (a) => a.length\n",
            {"a": True},
            ToolchainName.VITEST,
            (
                "import { test } from 'vitest';",
                "import { total } from '../lib/cart.js';",
                "  total(true);",
            ),
        ),
        (
            "function total() { f() }\nexport { total };\n",
            {},
            ToolchainName.JEST,
            ("import { total } from '../lib/cart.js';", "  total();"),
        ),
    ],
)
def test_captured_locals_of_javascript_make_a_call(
    source: str, variables: dict[str, object], toolchain: ToolchainName, lines: tuple[str, ...]
) -> None:
    found = in_script(source, variables, toolchain=toolchain)
    assert found.calls, found.refusals
    assert set(lines) <= set(found.calls[0].source.splitlines())


def test_a_typed_file_is_imported_without_its_ending_where_the_runner_resolves_it() -> None:
    source = "export function total(a: number[]): number { return a.length }\n"
    found = in_script(source, {"a": []}, path="lib/cart.ts", toolchain=ToolchainName.VITEST)
    assert "import { total } from '../lib/cart';" in found.calls[0].source


@pytest.mark.parametrize(
    ("source", "variables", "reason"),
    [
        ("function total(a) { }\n", {"a": 1}, "not exported"),
        ("exports.total = ({ a }) => a\n", {"a": 1}, "more than plain names"),
        ("exports.total = (...a) => a\n", {"a": 1}, "more than plain names"),
        ("exports.total = function (a) { }\n", {}, "does not say what a was"),
        ("exports.total = (a = f(1)) => a\n", {"a": 1}, "takes cannot be read"),
        ("exports.total = (a) => a\n", {"a": float("inf")}, "no plain data"),
        ("exports.total = (a) => a\n", {"a": DEEP}, "nested too deeply"),
        ("exports.total = (a) => a\n", {"a": "<function>"}, "does not hold all"),
        ("exports.total = (a) => a\n", {"a": ["x", "[Object]"]}, "does not hold all"),
        ("exports.total = (a) => a\n", {"a": "long text..."}, "does not hold all"),
        ("exports.total = (a) => a\n", {"a": "[redacted]"}, "does not hold all"),
        ("exports.total = (a) => a\n", {"a": {"__proto__": {}}}, "no plain data"),
        ("exports.total = (a) => a\n", {"a": "x" * 30_000}, "too long"),
        ("class A { total(a) { } }\n", {"a": 1}, "no function of the file itself"),
    ],
)
def test_what_was_lost_or_cannot_be_called_makes_none(
    source: str, variables: dict[str, object], reason: str
) -> None:
    found = in_script(source, variables)
    assert found.calls == ()
    assert reason in found.refusals[0]


def test_an_answer_must_be_told_whole_and_hold_something() -> None:
    assert told('Error: n1{"a":1}n1\n at x', "n1") == '{"a":1}'
    for answer in ("", "null", "[]interface {}{(*a.B)(0xc000012345)}", "x" * 1_300):
        assert told(f"n1{answer}n1", "n1") is None
    assert told("nothing", "n1") is None


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("a.test.js", "test('a', () => f());\n"),
        ("a.test.js", "test('a', () => { const b = f(); });\n"),
        ("a.test.js", "test('a', () => { b; });\n"),
        ("a.test.js", "describe('a', () => { });\n"),
        ("a_test.go", "package a\n\nfunc TestA(t *testing.T) {\n\tb := F()\n\t_ = b\n}\n"),
        ("a_test.go", "package a\n\nfunc TestA(t *testing.T) {\n}\n"),
        ("a_test.go", "package a\n\nfunc TestA(t *testing.T) {\n\tif F() {\n\t}\n}\n"),
        ("a_test.go", "package a\n\nfunc Other() {\n}\n"),
    ],
)
def test_a_test_that_does_not_end_in_a_call_tells_no_answer(path: str, source: str) -> None:
    language = Language.GO if path.endswith(".go") else Language.JAVASCRIPT
    assert telling(path, source, language, "n1") is None
    assert expecting(path, source, language, "1") is None


def test_no_answer_is_asked_of_the_jvm() -> None:
    source = "class A { @Test void a() { f(); } }"
    assert telling("A.java", source, Language.JAVA, "n1") is None


@pytest.mark.parametrize(
    ("toolchain", "project", "crash", "source", "path"),
    [
        (ToolchainName.PYTEST, Project(), "a.py", "", None),
        (ToolchainName.GO, Project(), "a/a.go", "package a", None),
        (
            ToolchainName.GO,
            Project(manifests={"go.mod": "module example.com/b\n"}),
            "a.go",
            "package b\n",
            "reported_00000000_test.go",
        ),
        (ToolchainName.NODE, Project(), "lib/a.mjs", "", "test/reported-00000000.test.mjs"),
        (ToolchainName.NODE, Project(), "lib/a.go", "", None),
        (
            ToolchainName.JEST,
            Project(files=("web/a.spec.tsx", "app/a.test.js", "test/setup.js")),
            "web/b.js",
            "",
            "web/reported-00000000.spec.tsx",
        ),
        (
            ToolchainName.MAVEN,
            Project(manifests={"pom.xml": "junit-jupiter"}),
            "core/src/main/java/shop/Cart.java",
            "package shop;\n",
            "core/src/test/java/shop/Reported00000000Test.java",
        ),
        (ToolchainName.GRADLE, Project(), "src/Cart.kt", "package shop\n", None),
    ],
)
def test_a_new_test_stands_where_the_project_has_its_own(
    toolchain: ToolchainName, project: Project, crash: str, source: str, path: str | None
) -> None:
    place = place_for(toolchain, project, crash, source, "0" * 64)
    assert (place.path if place else None) == path
    if place is not None:
        assert place.path in place.hint


def test_only_frames_of_the_file_that_crashed_are_called_and_only_in_languages_that_can_be() -> (
    None
):
    elsewhere = in_script("exports.f = (a) => a\n", {"a": 1})
    assert len(elsewhere.calls) == 1
    place = TestPlace(path="ATest.kt", node_id="A", language=Language.KOTLIN, hint="")
    source = "fun total(a: Int) = a\n"
    kotlin = CaptureScene(place=place, toolchain=ToolchainName.GRADLE, path="A.kt", source=source)
    assert "Only calls of JavaScript" in captured(kotlin, 1, {"a": 1}).refusals[0]
    other = kotlin.model_copy(update={"path": "B.kt"})
    frame = Frame(filename="/srv/A.kt", lineno=1)
    error = ExceptionInfo(type="E", value="", frames=(frame,))
    alert = report(kind=AlertKind.EXCEPTION, exceptions=(error,))
    assert captured_calls(alert, other) == Captured()


CALLING = "import { f } from './f';\n\ntest('f', async () => {\n  await f(1);\n});\n"
COMMON = "'use strict';\nconst { f } = require('./f');\n\nit('f', () => {\n  f(1);\n});\n"
CALLING_GO = 'package a\n\nimport "testing"\n\nfunc TestF(t *testing.T) {\n\t_, _ = F(1)\n}\n'


def test_a_test_of_javascript_tells_its_last_answer_and_expects_it() -> None:
    asking = telling("a.test.js", CALLING, Language.JAVASCRIPT, "n1")
    assert asking is not None
    assert "const told = await f(1);" in asking
    assert 'throw new Error("n1"' in asking
    whole = expecting("a.test.js", CALLING, Language.JAVASCRIPT, '{"a":"\u2028"}')
    assert whole is not None
    assert whole.startswith("import assert from 'node:assert';\nimport { f } from './f';\n")
    assert '  assert.deepStrictEqual(await f(1), {"a":"\\u2028"});\n' in whole
    common = expecting("a.test.js", COMMON, Language.JAVASCRIPT, "1")
    assert common is not None
    assert common.startswith("'use strict';\nconst assert = require('node:assert');\nconst { f }")
    bare = expecting("a.test.js", "test('f', () => { new F(); });\n", Language.JAVASCRIPT, "1")
    assert bare is not None
    assert bare.startswith("const assert")


def test_a_test_of_go_tells_its_last_answer_and_expects_it() -> None:
    asking = telling("a_test.go", CALLING_GO, Language.GO, "n1")
    assert asking is not None
    assert 't.Fatal("n1" + func(values ...any)' in asking
    assert '(F(1)) + "n1")' in asking
    whole = expecting("a_test.go", CALLING_GO, Language.GO, '[]interface {}{"x"}')
    assert whole is not None
    assert whole.startswith('package a\n\nimport "fmt"\n')
    assert 'if want := "[]interface {}{\\"x\\"}"; got != want {' in whole
    plain = CALLING_GO.replace("_, _ = F(1)", "F(1)")
    assert telling("a_test.go", plain, Language.GO, "n1") is not None
    unnamed = CALLING_GO.replace("t *testing.T", "")
    assert telling("a_test.go", unnamed, Language.GO, "n1") is None
