"""Faults across several files, and what evidence says about where to look."""

from collections.abc import Mapping
from datetime import UTC, datetime

from suture.domain.alert import Alert, AlertKind, AlertSource, ExceptionInfo, FailedTest, Frame
from suture.domain.diagnosis import Category, Diagnosis, Fixability
from suture.domain.evidence import Evidence, Location
from suture.domain.patch import PatchNature
from suture.localisation.spectrum import RanLine, Spectrum
from suture.patterns import Draft, FixScene, propose


def crash(
    sources: Mapping[str, str],
    error: tuple[str, str],
    *path: tuple[str, int],
    frame: Frame | None = None,
    module: str | None = None,
) -> FixScene:
    places = tuple(Location(path=name, line=line) for name, line in path)
    frames = (frame,) if frame else ()
    raised = ExceptionInfo(type=error[0], value=error[1], frames=frames, module=module)
    return FixScene(
        alert=Alert(
            alert_id="1",
            source=AlertSource.SENTRY,
            kind=AlertKind.EXCEPTION,
            service="shop",
            title="It fails",
            occurred_at=datetime(2026, 1, 5, tzinfo=UTC),
            exceptions=(raised,),
        ),
        evidence=Evidence(base_sha="a" * 40, crash=places[-1] if places else None, path=places),
        diagnosis=Diagnosis(
            category=Category.CODE_DEFECT,
            fixability=Fixability.FIXABLE,
            summary="It fails",
            confidence=0.5,
        ),
        sources=sources,
    )


def contents(scene: FixScene, limit: int = 20) -> list[str]:
    return [draft.content for draft in propose(scene, limit)]


def content_of(draft: Draft) -> str:
    return draft.content


def first(scene: FixScene) -> Draft:
    return propose(scene, 1)[0]


def test_a_name_is_imported_the_way_another_file_does() -> None:
    sources = {
        "shop/a.py": "def f():\n    return price(1)\n",
        "shop/b.py": "from shop.prices import price\n",
    }
    scene = crash(sources, ("NameError", "name 'price' is not defined"), ("shop/a.py", 2))
    assert first(scene).content == "from shop.prices import price\n" + sources["shop/a.py"]


def test_a_name_is_imported_from_where_it_is_defined() -> None:
    sources = {
        "src/shop/a.py": "def f():\n    return [price(1), LIMIT, Kind]\n",
        "src/shop/b.py": "LIMIT = 1\ndef price(x):\n    return x\nclass Kind:\n    pass\n",
        "src/shop/c.py": "print()\n",
    }
    for name in ("price", "LIMIT", "Kind"):
        error = ("NameError", f"name '{name}' is not defined")
        expected = f"from shop.b import {name}\n" + sources["src/shop/a.py"]
        assert expected in contents(crash(sources, error, ("src/shop/a.py", 2)))


def test_an_import_that_was_lost_comes_back() -> None:
    sources = {"a.py": "def f():\n    return j.dumps(1)\n"}
    good = {"a.py": "import json as j, os\nimport re\ndef f():\n    return j.dumps(1)\n"}
    scene = crash(sources, ("NameError", "name 'j' is not defined"), ("a.py", 2))
    scene = scene.model_copy(update={"last_good": good})
    assert "import json as j\n" + sources["a.py"] in contents(scene)


def test_the_cause_in_another_file_is_mended_when_the_diagnosis_points_there() -> None:
    sources = {
        "a.py": "def show(row):\n    return row['price']\n",
        "b.py": "def load():\n    return {'prise': 1}\n",
    }
    scene = crash(sources, ("KeyError", "'price'"), ("a.py", 2))
    cause = scene.diagnosis.model_copy(update={"cause": Location(path="b.py", line=2)})
    scene = scene.model_copy(update={"diagnosis": cause})
    fixed = sources["b.py"].replace("prise", "price")
    assert fixed in [d.content for d in propose(scene, 30) if d.path == "b.py"]


def test_a_cause_alone_is_place_enough() -> None:
    scene = crash({"a.py": "def f(a):\n    return a.b\n"}, ("ValueError", "odd"))
    cause = scene.diagnosis.model_copy(update={"cause": Location(path="a.py", line=2)})
    scene = scene.model_copy(update={"diagnosis": cause, "evidence": Evidence(base_sha="a" * 40)})
    assert contents(scene) == [] or all("def f(a)" in text for text in contents(scene))


def test_keys_in_the_frames_locals_are_candidates() -> None:
    sources = {"a.py": "def f(row):\n    return row['prise']\n"}
    row = Frame(filename="a.py", variables={"row": {"price": "1", "x y": "2"}, "n": "1"})
    scene = crash(sources, ("KeyError", "'prise'"), ("a.py", 2), frame=row)
    assert first(scene).content == "def f(row):\n    return row['price']\n"


def test_attributes_of_a_module_of_the_repository_are_known() -> None:
    sources = {
        "shop/prices.py": "def price_of(name):\n    return 1\n",
        "shop/a.py": "from shop import prices\ndef f():\n    return prices.price_off('a')\n",
    }
    error = ("AttributeError", "module 'shop.prices' has no attribute 'price_off'")
    fixed = sources["shop/a.py"].replace("price_off", "price_of")
    assert first(crash(sources, error, ("shop/a.py", 3))).content == fixed


def test_the_interpreters_hint_is_believed() -> None:
    error = ("NameError", "name 'qty' is not defined. Did you mean: 'amount'?")
    scene = crash({"a.py": "def f(amount):\n    return qty\n"}, error, ("a.py", 2))
    assert first(scene).content == "def f(amount):\n    return amount\n"


def test_a_decorated_property_on_the_crash_line_is_looked_into() -> None:
    cart = "class Cart:\n    limit: int = 3\n    @property\n    def left(self):\n"
    sources = {
        "cart.py": cart + "        return self.limt\n",
        "a.py": "def f(cart):\n    return cart.left + 1\n",
    }
    error = ("TypeError", "unsupported operand type(s) for +: 'NoneType' and 'int'")
    paths = {draft.path for draft in propose(crash(sources, error, ("a.py", 2)), 200)}
    assert paths == {"cart.py", "a.py"}


def test_a_fault_outside_of_functions_is_handled() -> None:
    source = "ROWS = []\nfor row in [1]:\n    FIRST = ROWS[0]\n"
    drafts = propose(
        crash({"a.py": source}, ("IndexError", "list index out of range"), ("a.py", 3)), 4_000
    )
    skipped = source.replace("    FIRST", "    if not ROWS:\n        continue\n    FIRST")
    assert skipped in map(content_of, drafts)
    none = crash(
        {"a.py": "A = None\nB = [x for x in A]\n"}, ("TypeError", "'NoneType'"), ("a.py", 2)
    )
    hidden = [
        d for d in propose(none, 4_000) if d.content == "A = None\nB = [x for x in A or []]\n"
    ]
    assert hidden[0].nature is PatchNature.HIDES_ERROR


def test_an_optional_annotation_lets_an_empty_default_stand_for_none() -> None:
    source = "def f(rows: 'list | None', n: int):\n    return [r for r in rows]\n"
    found = propose(crash({"a.py": source}, ("TypeError", "'NoneType'"), ("a.py", 2)), 20)
    guard = [d for d in found if "rows or []" in d.content]
    assert guard[0].nature is PatchNature.GUARD
    other = source.replace("'list | None'", "list")
    hidden = propose(crash({"a.py": other}, ("TypeError", "'NoneType'"), ("a.py", 2)), 4_000)
    assert {d.nature for d in hidden if "rows or []" in d.content} == {PatchNature.HIDES_ERROR}


def test_an_exception_of_a_module_is_caught_by_the_name_that_the_file_can_reach() -> None:
    source = "import json\ndef f(t):\n    try:\n        return json.loads(t)\n"
    source += "    except KeyError:\n        return 1\n"
    error = ("JSONDecodeError", "Expecting value")
    scene = crash({"a.py": source}, error, ("a.py", 4), module="json.decoder")
    assert source.replace("KeyError", "json.decoder.JSONDecodeError") in contents(scene)
    unreachable = crash({"a.py": source}, ("Odd", ""), ("a.py", 4), module="odd")
    assert not any("except odd" in text for text in contents(unreachable))
    known = source.replace("KeyError", "json.JSONDecodeError")
    assert not any("decoder" in t for t in contents(crash({"a.py": known}, error, ("a.py", 4))))
    caught = source.replace("KeyError", "Odd") + "class Odd(Exception):\n    pass\n"
    assert not any(
        "(Odd, Odd)" in t for t in contents(crash({"a.py": caught}, ("Odd", ""), ("a.py", 4)))
    )


def test_stopgaps_say_what_they_hide() -> None:
    for source, error, hidden in (
        ("def f(r):\n    return next(r)\n", ("StopIteration", ""), "next(r, None)"),
        (
            "def f(r):\n    return r.name\n",
            ("AttributeError", "'R' object has no attribute 'name'"),
            'getattr(r, "name", None)',
        ),
        ("def f(r):\n    return r.pop('''\n''')\n", ("KeyError", "'\\n'"), ""),
    ):
        drafts = propose(crash({"a.py": source}, error, ("a.py", 2)), 200)
        found = [d for d in drafts if hidden and hidden in d.content]
        assert all(d.nature is PatchNature.HIDES_ERROR for d in found)
        assert bool(found) == bool(hidden)


def test_failed_tests_lead_to_what_they_call() -> None:
    sources = {
        "shop/prices.py": "def adult(age):\n    return age > 18\ndef other():\n    return 1 > 2\n",
        "tests/test_prices.py": "class T:\n    def test_adult(self):\n        assert adult(18)\n",
    }
    scene = crash(sources, ("AssertionError", ""))
    node = FailedTest(node_id="tests/test_prices.py::T::test_adult[1]")
    named = scene.alert.model_copy(update={"exceptions": (), "failed_tests": (node,)})
    drafts = propose(scene.model_copy(update={"alert": named}), 20)
    assert drafts[0].content == sources["shop/prices.py"].replace("> 18", ">= 18")
    assert all("1 > 2" in draft.content for draft in drafts)
    frame = Frame(filename="/app/tests/test_prices.py", function="test_adult")
    framed = crash(sources, ("AssertionError", ""), frame=frame)
    assert contents(framed)[0] == drafts[0].content


def test_without_any_place_the_whole_source_is_searched() -> None:
    scene = crash({"a.py": "def f(a):\n    return a > 1\n"}, ("AssertionError", ""))
    assert "def f(a):\n    return a >= 1\n" in contents(scene)


def test_a_place_outside_of_the_sources_is_passed_over() -> None:
    scene = crash({"a.py": "x = 1\n\n"}, ("KeyError", "'a'"), ("b.py", 3), ("a.py", 9))
    assert {draft.path for draft in propose(scene, 20)} == {"a.py"}


def test_module_and_class_of_one_name_are_told_apart() -> None:
    source = (
        "from datetime import datetime, timedelta\ndef f():\n    return datetime.timedelta(1)\n"
    )
    error = ("AttributeError", "type object 'datetime.datetime' has no attribute 'timedelta'")
    assert source.replace("datetime.timedelta(", "timedelta(") in contents(
        crash({"a.py": source}, error, ("a.py", 3))
    )


def test_a_long_function_is_checked_statement_by_statement() -> None:
    body = "".join(f"    x{n} = {n}\n" for n in range(300))
    for word in ("def", "async def"):
        source = f"{word} f(prices):\n{body}    return x1 + price\n"
        scene = crash({"a.py": source}, ("NameError", "name 'price' is not defined"), ("a.py", 302))
        assert first(scene).content == source.replace("x1 + price", "x1 + prices")


def test_statements_that_share_a_line_get_no_lines_of_their_own() -> None:
    source = "def f(a): b = a.x; return b\n"
    error = ("AttributeError", "'NoneType' object has no attribute 'x'")
    assert all(
        text.count("\n") == 1 for text in contents(crash({"a.py": source}, error, ("a.py", 1)))
    )
    called = "def f(a): return g(a).x\n"
    assert not any("found" in t for t in contents(crash({"a.py": called}, error, ("a.py", 1))))
    loop = "def f(a):\n    return [g(x) for x in a]\ndef g(x):\n    return x.y\n"
    error = ("AttributeError", "'NoneType' object has no attribute 'y'")
    at_caller = contents(crash({"a.py": loop}, error, ("a.py", 2), ("a.py", 4)), 100)
    assert not any("if x is None:\n        return None\n    return [" in t for t in at_caller)
    unbound = ("UnboundLocalError", "cannot access local variable 'b' where it is not associated")
    shared = "def f(a): return b; b = 0\n"
    assert all(t.count("\n") == 1 for t in contents(crash({"a.py": shared}, unbound, ("a.py", 1))))


def test_a_text_with_the_other_quotes_is_not_put_into_these() -> None:
    source = "def f(s):\n    return s == 'opne'\nA = [\"ope'n\", 'open']\n"
    scene = crash({"a.py": source}, ("AssertionError", ""), ("a.py", 2))
    found = contents(scene)
    assert source.replace("opne", "open") in found
    assert not any("'ope'n'" in text for text in found)


def test_a_fault_at_the_head_of_a_long_function_is_mended() -> None:
    body = "".join(f"    x{n} = {n}\n" for n in range(300))
    source = f"def f(price=prise):\n{body}"
    scene = crash(
        {"a.py": "prices = 1\n" + source}, ("NameError", "name 'prise' is not defined"), ("a.py", 2)
    )
    assert first(scene).content == "prices = 1\n" + source.replace("prise", "prices")


def test_a_function_that_stands_twice_on_the_stack_is_mended_once() -> None:
    source = "def f(n):\n    if n:\n        return f(n - 1)\n    a += 1\n    return a\nf(1)\n"
    error = ("UnboundLocalError", "cannot access local variable 'a' where it is not associated")
    path = (("a.py", 6), ("a.py", 3), ("a.py", 4))
    found = contents(crash({"a.py": source}, error, *path), 100)
    assert found.count(source.replace("    if n", "    global a\n    if n")) == 1


def test_statements_are_put_into_functions_around_functions_too() -> None:
    source = (
        "def walk(start):\n    seen = set()\n    def visit(node):\n        try:\n"
        "            if node in seen: return 1\n            return visit(node)\n"
        "        finally:\n            node = start\n    return visit(start)\n"
    )
    error = ("RecursionError", "maximum recursion depth exceeded")
    drafts = propose(crash({"a.py": source}, error, ("a.py", 6)), 4_000)
    wanted = source.replace(
        "            return visit", "            seen.add(node)\n            return visit"
    )
    assert wanted in map(content_of, drafts)


def test_a_flipped_answer_that_leaves_one_answer_comes_late() -> None:
    source = "def even(n):\n    if n % 2:\n        return False\n    return True\n"
    drafts = propose(crash({"a.py": source}, ("AssertionError", ""), ("a.py", 4)), 4_000)
    scores = {d.content: d.score for d in drafts if d.pattern == "bounds.boolean"}
    assert len(scores) == 2
    assert max(scores.values()) < 0.2


def test_where_tests_were_traced_what_the_failing_ones_run_comes_first() -> None:
    source = (
        "RATE = 3\n\n\ndef kept(a, b):\n    return a < b\n\n\n"
        "def fault(a, b):\n    if a is None:\n        return b < 2\n    return a < b\n"
    )
    scene = crash({"shop.py": source}, ("AssertionError", "no"), ("shop.py", 5))
    places = (
        Location(path="shop.py", line=8, function="fault"),
        Location(path="shop.py", line=1),
        Location(path="gone.py", line=1, function="gone"),
    )
    ran = (
        RanLine(path="shop.py", line=9, failed=1, passed=3),
        RanLine(path="shop.py", line=11, failed=1, passed=0),
    )
    traced = scene.model_copy(
        update={
            "spectrum": Spectrum(failed=1, passed=3, lines=ran),
            "diagnosis": scene.diagnosis.model_copy(update={"places": places}),
        }
    )
    changed = [
        content
        for content in contents(traced, 5)
        if content.startswith(source[: source.index("def fault")])
    ]
    assert len(changed) == 5
    assert first(scene).content != first(traced).content
