"""Small edits and restorations in other languages: what is offered, and in which order."""

import pytest

from suture.domain.evidence import Location
from suture.domain.patch import PatchNature
from suture.index.languages import Language
from suture.patterns.draft import Draft
from suture.rewrites import proposal, scene
from suture.rewrites.edits import NUMBER, suggest
from suture.rewrites.proposal import applied, rewrite
from suture.rewrites.restore import restored
from suture.rewrites.scene import RewriteScene, SourceText, Suspicion, changed_lines

LIMIT = 400


def offered(file: str, text: str, **more: object) -> tuple[Draft, ...]:
    return rewrite(RewriteScene.model_validate({"sources": {file: text}, **more}), LIMIT)


def contents(path: str, text: str) -> set[str]:
    return {draft.content for draft in offered(path, text)}


EXAMPLES = [
    ("a.js", "if (i <= n) { go(); }\n", "if (i < n) { go(); }\n"),
    ("a.ts", "const x: number = a || b;\n", "const x: number = a ?? b;\n"),
    ("a.js", "sum += price;\n", "sum -= price;\n"),
    ("a.js", "const d = to - from;\n", "const d = from - to;\n"),
    ("a.js", "if (a && b) { go(); }\n", "if (b) { go(); }\n"),
    ("a.js", "return1(a[i]);\n", "return1(a[i - 1]);\n"),
    ("a.js", "f(a.length);\n", "f(a.length - 1);\n"),
    ("a.js", "f(2);\n", "f(1);\n"),
    ("a.js", "if (ok) { go(); }\n", "if (!(ok)) { go(); }\n"),
    ("a.js", "f(!ok);\n", "f(ok);\n"),
    ("a.js", "while (more) { go(); }\n", "while (!(more)) { go(); }\n"),
    ("a.js", "f(Math.floor(x));\n", "f(Math.ceil(x));\n"),
    ("a.js", "f(true);\n", "f(false);\n"),
    ("a.js", "const userName = 1; f(usrName);\n", "const userName = 1; f(userName);\n"),
    ("a.js", "f(a, b);\n", "f(b, a);\n"),
    ("a.js", "async function f() { return g(); }\n", "async function f() { return await g(); }\n"),
    (
        "a.js",
        "async function f() { return g().x; }\n",
        "async function f() { return (await g()).x; }\n",
    ),
    ("a.js", "f(x.sort());\n", "f(x.sort((a, b) => a - b));\n"),
    ("a.js", "f(user.name);\n", "f(user?.name);\n"),
    ("a.js", "function f() { g(); }\n", "function f() { return g(); }\n"),
    ("a.tsx", "const a = <b>{x === 1}</b>;\n", "const a = <b>{x !== 1}</b>;\n"),
    ("a.go", "package a\n\nfunc f() { x := len(y) }\n", "package a\n\nfunc f() { x = len(y) }\n"),
    (
        "a.go",
        "package a\n\nfunc f() int { return len(y) }\n",
        "package a\n\nfunc f() int { return len(y) - 1 }\n",
    ),
    (
        "a.go",
        "package a\n\nfunc f() float64 { return a / b }\n",
        "package a\n\nfunc f() float64 { return float64(a) / float64(b) }\n",
    ),
    (
        "A.java",
        "class A { int f() { return a / b; } }\n",
        "class A { int f() { return (double) a / b; } }\n",
    ),
    (
        "A.java",
        "class A { int f() { return a.size(); } }\n",
        "class A { int f() { return a.size() - 1; } }\n",
    ),
    (
        "A.java",
        "class A { void f() { if (a == b) { g(); } } }\n",
        "class A { void f() { if (a != b) { g(); } } }\n",
    ),
    ("a.kt", "fun f() = a >= b\n", "fun f() = a > b\n"),
]


@pytest.mark.parametrize(("path", "before", "after"), EXAMPLES)
def test_a_slip_is_among_what_is_mended(path: str, before: str, after: str) -> None:
    assert after in contents(path, before)


@pytest.mark.parametrize(
    ("text", "twin"),
    [
        ("f(i <= n.length);\n", "n.length - 1"),
        ("f(i < 3);\n", "i < 2"),
        ("if (a < b) { go(); }\n", "(!(a < b))"),
        ("f(a < b);\n", "f(b < a);"),
    ],
)
def test_no_offer_says_the_same_as_another_one(text: str, twin: str) -> None:
    assert not [each for each in contents("a.js", text) if twin in each]


@pytest.mark.parametrize(
    ("path", "text", "never"),
    [
        ("a.js", "function f() { return g(); }\n", "await"),
        ("a.js", "async function f() { await g(); }\n", "await await"),
        ("a.js", "this.name = user?.name;\n", "this?."),
        ("a.js", "f(a['key']);\n", "'key' - 1"),
        ("a.js", "f(0);\n", "-1"),
        ("a.go", "package a\n\nvar x = a < b\n", "?."),
        ("a.py", "x = a < b\n", ""),
        ("a.txt", "x < b\n", ""),
    ],
)
def test_nonsense_is_not_offered(path: str, text: str, never: str) -> None:
    found = contents(path, text)
    assert not found if not never else all(never not in each for each in found)


def test_every_offer_parses_where_the_file_did() -> None:
    found = contents("a.js", "async function f(a, b) { return g(a.b, !b).sort(); }\n")
    assert found
    for text in found:
        tree = SourceText("a.js", text, Language.JAVASCRIPT).tree
        assert tree is not None
        assert not tree.root_node.has_error


def test_the_same_scene_gives_the_same_drafts_and_no_more_than_asked_for() -> None:
    text = "function f(a, b) { return a < b && a !== 3; }\n"
    first = offered("a.js", text)
    assert first == offered("a.js", text)
    assert len({draft.content for draft in first}) == len(first)
    assert rewrite(RewriteScene(sources={"a.js": text}), 3) == first[:3]


CART = """\
function spare(x) {
  return x > 1;
}
function total(x) {
  return inner(x) > 2;
}
function inner(x) {
  return x >= 3;
}
"""
TESTS = """\
const { total, spare } = require('./cart');
it('adds all prices', () => { total(1); });
it('spares', () => { spare(1); });
"""


def lines_of(drafts: tuple[Draft, ...], pattern: str) -> list[int]:
    rows = [draft.rationale.split(":")[1] for draft in drafts if draft.pattern == pattern]
    return list(dict.fromkeys(map(int, rows)))


def test_what_the_failing_test_calls_leads_then_what_that_calls() -> None:
    drafts = offered(
        "cart.js", CART, tests={"cart.test.js": TESTS}, names=["cart.test.js::adds all prices"]
    )
    assert lines_of(drafts, "slips.operator") == [5, 8, 2]


def test_the_line_that_the_stack_crossed_leads() -> None:
    place = Location(path="cart.js", line=2)
    drafts = offered("cart.js", CART, path=[place.model_dump()])
    assert lines_of(drafts, "slips.operator")[0] == 2


def test_what_was_changed_is_put_back_first() -> None:
    good = CART.replace("x >= 3", "x > 3").replace("x > 1", "x < 1")
    drafts = offered("cart.js", CART, last_good={"cart.js": good})
    assert [draft.nature for draft in drafts[:3]] == [PatchNature.RESTORE] * 3
    assert drafts[2].content == good
    assert CART.replace("x >= 3", "x > 3") in {draft.content for draft in drafts[:2]}


def test_lines_that_were_taken_out_come_back() -> None:
    good = "let a = 1;\nlet b = 2;\nlet c = 3;\n"
    now = "let a = 1;\nlet c = 3;\n"
    assert good in {draft.content for draft in offered("a.js", now, last_good={"a.js": good})}
    assert list(changed_lines(good, now)) == [2]


def test_lines_that_changed_together_come_back_alone_too() -> None:
    good, now = "f(1);\ng(2);\n", "f(3);\ng(4);\n"
    found = {draft.content for draft in offered("a.js", now, last_good={"a.js": good})}
    assert {good, "f(1);\ng(4);\n", "f(3);\ng(2);\n"} <= found


def test_what_is_too_large_to_undo_is_left() -> None:
    good = "".join(f"f({number});\n" for number in range(100))
    now = "".join(f"g({number});\n" for number in range(100))
    file = SourceText("a.js", now, Language.JAVASCRIPT)
    assert list(restored(file, good)) == []


def test_a_file_that_did_not_parse_may_be_mended() -> None:
    good, now = "f(1);\n", "f(1;\n"
    drafts = offered("a.js", now, last_good={"a.js": good})
    assert drafts[0].content == good


def test_large_and_binary_files_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert offered("a.js", "f(\0 < 1)") == ()
    monkeypatch.setattr(scene, "MAX_FILE", 4)
    assert offered("a.js", "f(1 < 2)") == ()


def test_a_file_that_takes_too_long_to_parse_gives_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "f(1 < 2);\n" * 2_000
    monkeypatch.setattr(scene, "MAX_SECONDS", -1.0)
    assert SourceText("a.js", text, Language.JAVASCRIPT).nodes == ()
    assert offered("a.js", text, last_good={"a.js": "f(2);\n"}) == ()


def test_what_one_file_may_suggest_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposal, "MAX_PER_FILE", 2)
    assert len(offered("a.js", "f(1 < 2, a.b, !c);\n")) == 2


def test_a_missing_value_is_minded_less_gladly_than_a_slip_is_mended() -> None:
    drafts = offered("a.js", "f(user.name < 3);\n")
    guards = [draft for draft in drafts if draft.nature is PatchNature.GUARD]
    assert guards
    assert drafts[0].nature is PatchNature.REPAIR


def test_names_are_told_apart_by_more_than_a_few_letters() -> None:
    file = SourceText("a.js", "ab(ac, someLongName, x);\n", Language.JAVASCRIPT)
    assert not [change for change in suggest(file) if change.pattern == "slips.close_name"]


def test_suspicion_knows_functions_by_their_names_in_the_test() -> None:
    suspicion = Suspicion(
        RewriteScene(sources={"cart.js": CART}, tests={"t.js": TESTS}, names=("nothing",))
    )
    weights = {each.name: each.weight for each in suspicion.suspects(suspicion.files[0])}
    assert weights["total"] == weights["spare"] > weights["inner"]


def test_an_edit_that_changes_nothing_or_breaks_the_file_is_none() -> None:
    file = SourceText("a.js", "f(1);\n", Language.JAVASCRIPT)
    node = next(node for node in file.nodes if node.type == "number")
    assert applied(file, NUMBER.mend(node, "1")) is None
    assert applied(file, NUMBER.mend(node, "(")) is None
    assert applied(file, NUMBER.mend(node, "7")) == "f(7);\n"
