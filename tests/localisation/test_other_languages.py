"""JavaScript, Go and the JVM are followed by words and symbols as Python is by its syntax tree."""

import pytest

from suture.domain.alert import Alert, ExceptionInfo, Frame
from suture.domain.evidence import Location
from suture.localisation.cause import find_cause
from suture.localisation.evidence import said_by
from suture.localisation.neighbours import files_seen_from
from suture.localisation.related import relate
from tests.builders.stage import Stage, report

CUSTOMERS = """\
const GUEST = { name: 'Guest' };
const KNOWN = new Map();

export function find(id) {
  return KNOWN.get(id) ?? GUEST;
}
"""
ORDERS = """\
import { find } from './customers.js';

export class Orders {
  place(id) {
    const customer = find(id);
    const label = customer.name.trim();
    return { placedAt: 1, label };
  }

  many(ids) {
    return ids.map((id) => this.place(id));
  }
}
"""


def failing(stage: Stage, places: list[tuple[str, str, str]], said: str, kind: str) -> Alert:
    """Return an alert whose frames are where these texts stand, oldest call first."""
    snapshot = stage.snapshot()
    frames = []
    for path, function, text in places:
        lines = snapshot.file(path).lines
        line = next(number for number, each in enumerate(lines, 1) if text in each)
        frames.append(Frame(filename=f"/app/{path}", function=function, lineno=line))
    exception = ExceptionInfo(type=kind, value=said, frames=tuple(frames))
    return report(exceptions=(exception,))


def cause(stage: Stage, alert: Alert) -> tuple[str, str | None]:
    found = find_cause(stage.evidence(alert), said_by(alert), stage.snapshot())
    assert found is not None
    return found.location.path, found.location.function


def top(stage: Stage, alert: Alert) -> str:
    return stage.evidence(alert).suspects[0].commit


def test_a_value_is_followed_to_the_imported_function_that_lost_its_fallback(stage: Stage) -> None:
    stage.commit({"customers.js": CUSTOMERS, "orders.js": ORDERS, "README.md": "x\n"}, "Start")
    guilty = stage.commit({"customers.js": CUSTOMERS.replace(" ?? GUEST", "")}, "Simplify")
    stage.commit({"orders.js": "// Orders.\n" + ORDERS.replace("'", '"')}, "Format")
    alert = failing(
        stage,
        [("orders.js", "Orders.place", "customer.name")],
        "Cannot read properties of undefined (reading 'name')",
        "TypeError",
    )
    assert top(stage, alert) == guilty
    assert cause(stage, alert) == ("customers.js", "find")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("customer.name.trim();", "customer.name.trim()"),
        ("'./customers.js'", '"./customers.js"'),
        ("return { placedAt: 1, label };", "return {\n      placedAt: 1,\n      label,\n    };"),
        ("  many(ids) {", "  /* All of them. */\n  many(ids) {"),
    ],
)
def test_what_only_formats_or_explains_is_no_suspect(stage: Stage, old: str, new: str) -> None:
    stage.commit({"customers.js": CUSTOMERS, "orders.js": ORDERS}, "Start")
    formatted = stage.commit({"orders.js": ORDERS.replace(old, new)}, "Format")
    alert = failing(stage, [("orders.js", "place", "customer.name")], "x", "TypeError")
    reasons = [
        reason
        for suspect in stage.evidence(alert).suspects
        if suspect.commit == formatted
        for reason in suspect.reasons
    ]
    assert not [reason for reason in reasons if "It changed" in reason]


def test_a_reader_that_kept_the_old_name_of_a_field_is_the_cause(stage: Stage) -> None:
    export = "export function row(order) {\n  return [order.placedAt.getTime()];\n}\n"
    stage.commit({"orders.js": ORDERS, "customers.js": CUSTOMERS, "export.js": export}, "Start")
    guilty = stage.commit({"orders.js": ORDERS.replace("placedAt", "createdAt")}, "Rename")
    said = "Cannot read properties of undefined (reading 'getTime')"
    alert = failing(stage, [("export.js", "row", "getTime")], said, "TypeError")
    evidence = stage.evidence(alert)
    assert evidence.suspects[0].commit == guilty
    assert any("gives placedAt another value" in each for each in evidence.suspects[0].reasons)
    assert cause(stage, alert) == ("export.js", "row")


def test_a_user_that_was_not_adapted_to_a_new_shape_is_the_cause(stage: Stage) -> None:
    catalog = "export function list() {\n  return ALL;\n}\n"
    pages = (
        "import { list } from './catalog.js';\n\nexport function page() {\n"
        "  return list().slice(2);\n}\n\nexport function tags() {\n"
        "  return list().flatMap((each) => each.tags);\n}\n"
    )
    stage.commit({"catalog.js": catalog, "pages.js": pages}, "Start")
    stage.commit(
        {
            "catalog.js": catalog.replace("ALL", "{ items: ALL }"),
            "pages.js": pages.replace("list().slice", "list().items.slice"),
        },
        "Wrap the list",
    )
    said = "list(...).flatMap is not a function"
    alert = failing(stage, [("pages.js", "tags", "flatMap")], said, "TypeError")
    assert cause(stage, alert) == ("pages.js", "tags")


def test_a_call_that_the_suspect_changed_is_the_cause(stage: Stage) -> None:
    files = {"customers.js": CUSTOMERS, "orders.js": ORDERS}
    stage.commit(files, "Start")
    stage.commit({"orders.js": ORDERS.replace("(id) => this.place(id)", "this.place")}, "Tidy")
    said = "Cannot read properties of undefined (reading 'name')"
    places = [
        ("orders.js", "Orders.many", "this.place"),
        ("orders.js", "Orders.place", "customer.name"),
    ]
    alert = failing(stage, places, said, "TypeError")
    assert cause(stage, alert) == ("orders.js", "Orders.many")


STORE = """\
package stock

type Store struct {
	items map[string]int
}

func NewStore() *Store {
	return &Store{items: map[string]int{}}
}

func (s *Store) Add(name string) {
	s.items[name] = 1
}
"""
PLAN = """\
package plan

import "shop.example/inventory/stock"

func Book(store *stock.Store) {
	store.Add("tea")
}
"""


def test_what_builds_the_failing_object_is_found_in_go(stage: Stage) -> None:
    stage.commit({"go.mod": "module shop.example/inventory\n", "stock/stock.go": STORE}, "Start")
    stage.commit({"plan/plan.go": PLAN, "stock/more.go": "package stock\n"}, "Plan")
    guilty = stage.commit(
        {"stock/stock.go": STORE.replace("{items: map[string]int{}}", "{}")}, "Shorten"
    )
    places = [("plan/plan.go", "Book", "store.Add"), ("stock/stock.go", "Add", "s.items[name]")]
    alert = failing(stage, places, "assignment to entry in nil map", "panic")
    assert top(stage, alert) == guilty
    assert cause(stage, alert) == ("stock/stock.go", "NewStore")


def test_a_pin_that_the_error_names_is_suspected(stage: Stage) -> None:
    package = '{"dependencies": {"chartist": "1.3.0"}}\n'
    stage.commit({"package.json": package, "a.js": "export function a() {\n  b();\n}\n"}, "Start")
    guilty = stage.commit({"package.json": package.replace("1.3.0", "2.0.0")}, "Bump")
    alert = failing(stage, [("a.js", "a", "b()")], "chartist.Line is no constructor", "TypeError")
    suspect = stage.evidence(alert).suspects[0]
    assert suspect.commit == guilty
    assert "chartist" in suspect.reasons[0]


def test_large_settings_are_not_compared(stage: Stage) -> None:
    large = "chartist: 1\n" * 20_000
    stage.commit({"a.js": "export function a() {\n  b();\n}\n", "b.yml": "b: 1\n"}, "Start")
    stage.commit({"values.yaml": large}, "Add values")
    stage.commit({"values.yaml": "chartist: 2\n", "b.yml": None}, "Cut values")
    alert = failing(stage, [("a.js", "a", "b()")], "chartist is not defined", "ReferenceError")
    assert {each.summary for each in stage.evidence(alert).suspects} == {"Start"}


@pytest.mark.parametrize(
    ("path", "files", "seen"),
    [
        (
            "src/a.ts",
            {
                "src/a.ts": "import b from './b.js';\nimport { c } from '../c';\nimport 'left-pad';\n"
                "import { z } from './missing';\n",
                "src/b.ts": "",
                "c/index.ts": "",
            },
            ("src/b.ts", "c/index.ts"),
        ),
        (
            "app/Main.java",
            {
                "app/Main.java": "import com.shop.Cart;\nimport com.other.Gone;\nclass Main {}\n",
                "app/Near.java": "class Near {}\n",
                "src/main/java/com/shop/Cart.java": "class Cart {}\n",
                "x/Cart.java": "class Cart {}\n",
            },
            ("app/Near.java", "src/main/java/com/shop/Cart.java"),
        ),
        (
            "web/web.go",
            {
                "web/web.go": 'package web\n\nimport (\n\t"fmt"\n\t"shop.example/inv/stock"\n)\n',
                "web/more.go": "package web\n",
                "web/web_test.go": "package web\n",
                "stock/stock.go": "package stock\n",
            },
            ("web/more.go", "stock/stock.go"),
        ),
    ],
)
def test_files_are_seen_by_import_and_by_package(
    stage: Stage, path: str, files: dict[str, str], seen: tuple[str, ...]
) -> None:
    stage.commit(files)
    snapshot = stage.snapshot()
    assert files_seen_from(path, snapshot) == seen
    assert files_seen_from(path, snapshot) == seen


def test_a_place_outside_of_functions_is_related_by_its_own_line(stage: Stage) -> None:
    stage.commit({"main.js": "import { a } from './a.js';\n\nconst b = a();\nb.run();\n"})
    stage.commit({"a.js": "const LIMIT = 3;\nexport function a() {\n  return helper(LIMIT);\n}\n"})
    related = relate((Location(path="main.js", line=4),), stage.snapshot())
    assert related.makers == {("a.js", "a")}
    assert related.reads == {"run"}


def test_a_name_that_many_methods_have_says_nothing(stage: Stage) -> None:
    methods = "".join(f"class C{n} {{\n  run() {{}}\n}}\n" for n in range(5))
    stage.commit({"m.js": methods + "function go(x) {\n  x.run();\n}\n"})
    line = methods.count("\n") + 2
    related = relate((Location(path="m.js", line=line, function="go"),), stage.snapshot())
    assert related.makers == set()
