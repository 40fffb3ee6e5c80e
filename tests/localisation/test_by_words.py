"""JavaScript, Go and the JVM are followed by words and symbols as Python is by its syntax tree."""

from dataclasses import replace

import pytest

from suture.domain.alert import Alert, ExceptionInfo, Frame
from suture.domain.evidence import Location
from suture.localisation.by_words import LineFlow, _answers, flow_by_words
from suture.localisation.cause import find_cause
from suture.localisation.commit_changes import CommitChanges
from suture.localisation.evidence import said_by
from suture.localisation.neighbours import files_seen_from
from suture.localisation.related import Related, relate
from suture.localisation.snapshot import CodeFile
from suture.localisation.suspects import relate_givers
from suture.localisation.uses import changed_call
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
                "src/a.ts": "import b from './b.js';\nimport { c } from '../c';\n"
                "import pad from 'left-pad';\n"
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


CONFIG = """\
package config

type Config struct {
	Batch int
}

func Load(path string) (*Config, error) {
	return &Config{Batch: 3}, nil
}

func (c *Config) Double() int {
	return c.Batch * 2
}
"""
USE = """\
package plan

import "shop.example/inventory/config"

func Batches(settings *config.Config, lines []string) int {
	return len(lines) / settings.Batch
}
"""


def test_what_answers_with_the_type_that_the_line_is_given_is_found_in_go(stage: Stage) -> None:
    stage.commit({"go.mod": "module shop.example/inventory\n", "config/config.go": CONFIG}, "Start")
    stage.commit({"plan/plan.go": USE}, "Plan")
    guilty = stage.commit(
        {"config/config.go": CONFIG.replace("return &Config{Batch: 3}, nil", "return nil, nil")},
        "Do without",
    )
    said = "runtime error: invalid memory address or nil pointer dereference"
    alert = failing(stage, [("plan/plan.go", "Batches", "settings.Batch")], said, "panic")
    assert top(stage, alert) == guilty
    assert cause(stage, alert) == ("config/config.go", "Load")


def test_a_setting_that_was_renamed_is_the_cause_where_the_error_names_it(stage: Stage) -> None:
    reader = "import json\n\n\ndef least():\n    return json.load(open('d.json'))['warn_below']\n"
    start = {"d.json": '{\n  "warn_below": 3\n}\n', "a.json": '{\n  "colour": 3\n}\n'}
    stage.commit({"warn.py": reader, **start}, "Start")
    renamed = {"d.json": '{\n  "minimum": 3\n}\n', "a.json": '{\n  "shade": 3\n}\n'}
    guilty = stage.commit(renamed, "Rename")
    alert = failing(stage, [("warn.py", "least", "warn_below")], "'warn_below'", "KeyError")
    assert top(stage, alert) == guilty
    diagnosis = stage.diagnosis(alert)
    assert diagnosis.cause is not None
    assert diagnosis.cause.path == "d.json"


def test_a_pin_is_the_cause_where_a_package_lacks_what_the_code_calls(stage: Stage) -> None:
    code = "import tabular\n\n\ndef export(rows):\n    return tabular.render(rows)\n"
    stage.commit({"tables.py": code, "requirements.txt": "tabular==1.4\n"}, "Start")
    stage.commit({"requirements.txt": "tabular==2.0\n"}, "Raise")
    said = "module 'tabular' has no attribute 'render'"
    alert = failing(stage, [("tables.py", "export", "tabular.render")], said, "AttributeError")
    diagnosis = stage.diagnosis(alert)
    assert diagnosis.category == "dependency"
    assert diagnosis.cause is not None
    assert (diagnosis.cause.path, diagnosis.cause.line) == ("requirements.txt", 1)


def test_what_sets_holds_or_shapes_a_value_is_related(stage: Stage) -> None:
    cart = (
        "import rates from './rates.json';\nimport { make } from './make.js';\n"
        "const LIMIT = 3;\n\nclass Cart {\n  fill(rows) {\n    this.total = rows;\n  }\n"
        "  sum(extra) {\n    const a = make(extra);\n    const b = a;\n    const c = b;\n"
        "    const d = c;\n    const e = d;\n    return this.total + e + LIMIT;\n  }\n}\n"
    )
    make = "export function make(\n  extra,\n) {\n  return extra;\n}\n"
    stage.commit({"cart.js": cart, "rates.json": "{}\n", "make.js": make})
    place = Location(path="cart.js", line=15, function="Cart.sum")
    related = relate((place,), stage.snapshot())
    assert related.weight(("cart.js", "Cart.fill")) > related.weight(("cart.js", "Cart.other"))
    assert "total" in related.reads
    assert related.roles[("cart.js", "")]


def test_a_type_is_found_under_its_annotation(stage: Stage) -> None:
    source = (
        "class Box {}\n\nclass Shop {\n  @Override\n  Box make() {\n    return null;\n  }\n"
        "  int size(Box box) {\n    return box.size();\n  }\n"
        "  Box other() {\n    return null;\n  }\n}\n"
    )
    stage.commit({"Shop.java": source})
    place = Location(path="Shop.java", line=9, function="Shop.size")
    related = relate((place,), stage.snapshot())
    assert "Box" in related.roles[("Shop.java", "Shop.other")]


def test_a_crash_without_a_call_to_it_has_no_changed_call(stage: Stage) -> None:
    sha = stage.commit({"a.js": "f();\n"})
    crash = Location(path="a.js", line=1)
    related = relate((crash,), stage.snapshot())
    assert not changed_call(related, crash, sha, stage.snapshot())
    above = relate((crash, crash), stage.snapshot())
    assert not changed_call(above, crash, sha, stage.snapshot())


def test_a_line_of_what_is_not_read_by_words_has_no_flow() -> None:
    assert flow_by_words(Location(path="a.py", line=1), CodeFile("x = 1", "a.py")) == LineFlow()


def test_a_head_over_several_lines_answers_with_nothing_that_is_known(stage: Stage) -> None:
    source = "package a\n\nfunc Load(\n\tpath string,\n) *Config {\n\treturn nil\n}\n"
    stage.commit({"a.go": source})
    worded = stage.snapshot().file("a.go").worded
    assert worded is not None
    (load,) = worded.symbols.functions
    assert _answers(worded, load) == {"func"}
    assert _answers(worded, replace(load, name="Store")) == set()


def test_only_what_the_path_reads_relates_who_gives_it() -> None:
    changes = CommitChanges(
        given={
            ("a.js", "make"): frozenset({"total"}),
            ("a.js", "other"): frozenset({"colour"}),
            ("tests/a.test.js", "make"): frozenset({"total"}),
        }
    )
    related = Related(reads=frozenset({"total"}))
    relate_givers(changes, related)
    assert set(related.weights) == {("a.js", "make")}


def test_data_that_is_imported_answers_with_no_type(stage: Stage) -> None:
    source = "import rates from './rates.json';\n\nexport function sum(a) {\n  return a.b();\n}\n"
    stage.commit({"sum.js": source, "rates.json": "{}\n"})
    related = relate((Location(path="sum.js", line=4, function="sum"),), stage.snapshot())
    assert not any(path == "rates.json" for path, _ in related.weights)
