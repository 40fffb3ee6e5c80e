import ast

from suture.domain.evidence import Location
from suture.localisation.flow import flow_to, name_of, parameters_of
from suture.localisation.related import relate, resolve_call
from tests.builders.stage import Stage

SOURCE = """\
async def f(a, /, b, *rest, c=1, **more):
    x: int = load(a)
    y, z = split(x)
    y += extra()
    for row in rows(z):
        with opened(row) as file:
            if (n := measure(file)) > b:
                total = n["size"] + y.weight + sum(q for q in parts(c))
    match total:
        case 1 if check(total):
            pass
    g: str
    (lambda: 1)()
    return total
"""


def names(calls: tuple[ast.Call, ...]) -> set[str]:
    return {name_of(call) for call in calls}


def test_values_are_followed_back_to_calls_and_parameters() -> None:
    (scope,) = ast.parse(SOURCE).body
    flow = flow_to(scope, 8)
    assert names(flow.calls) == {"sum", "parts"}
    assert names(flow.earlier_calls) >= {"measure", "split", "extra", "load", "opened"}
    assert flow.parameters == {"a", "c"}
    assert flow.keys == {"size"}
    assert {"weight", "size", "load"} <= flow.words
    assert names(flow_to(scope, 10).calls) >= {"check"}
    assert names(flow_to(scope, 6).calls) == {"opened"}
    assert names(flow_to(scope, 13).calls) == {""}
    assert parameters_of(scope) == ("a", "b", "c", "rest", "more")


def test_a_line_without_a_statement_has_no_flow() -> None:
    assert flow_to(None, 1).statement is None
    assert flow_to(ast.parse("x = 1\n"), 9).statement is None
    module = flow_to(ast.parse("x = load()\ny = x[0]\n"), 2)
    assert names(module.earlier_calls) == {"load"}
    assert module.parameters == frozenset()


STORE = """\
import lib
from lib import make, Maker, LIMIT
import pkg.deep
from model import Box

OWN = {}
TYPED: dict = {}
OWN[1] = 2


class Store:
    kind = "x"

    def __init__(self):
        self.items = make()

    def reset(self):
        self.items = None

    def size(self, box: Box, other, text: "str"):
        self.helper()
        lib.tool()
        lib.Maker.build()
        pkg.deep.run()
        other.open_()
        other.many()
        unknown()
        Maker()
        (lambda: 1)()
        return len(self.items) + OWN[box.edge] + LIMIT

    def helper(self):
        return 1
"""
LIB = """\
LIMIT = 3


def make():
    return tool()


def tool():
    return LIMIT


class Maker:
    def __init__(self):
        self.x = 1

    def build(self):
        return 1

    def open_(self):
        return 1


class A:
    def many(self): return 1


class B:
    def many(self): return 1


class C:
    def many(self): return 1


class D:
    def many(self): return 1
"""
MODEL = "class Box:\n    edge = 1\n\n\ndef parse() -> 'Box': ...\n\n\ndef box_of() -> Box: ...\n"


def test_related_functions_are_those_that_may_have_made_the_value(stage: Stage) -> None:
    stage.commit(
        {
            "store.py": STORE,
            "lib.py": LIB,
            "pkg/__init__.py": "",
            "pkg/deep.py": "def run():\n    return 1\n",
            "model.py": MODEL,
        }
    )
    snapshot = stage.snapshot()
    line = STORE.splitlines().index("        return len(self.items) + OWN[box.edge] + LIMIT") + 1
    crash = Location(path="store.py", line=line, function="Store.size")
    related = relate((Location(path="store.py", line=1), crash), snapshot)
    expected = {
        ("store.py", "Store.size"),
        ("store.py", "Store.helper"),
        ("store.py", "Store.__init__"),
        ("store.py", "Store.reset"),
        ("store.py", "Store"),
        ("store.py", ""),
        ("lib.py", ""),
        ("lib.py", "tool"),
        ("lib.py", "Maker"),
        ("lib.py", "Maker.__init__"),
        ("lib.py", "Maker.build"),
        ("lib.py", "Maker.open_"),
        ("pkg/deep.py", "run"),
        ("model.py", "Box"),
        ("model.py", "box_of"),
    }
    assert expected <= related.weights.keys()
    assert not {unit for unit in related.weights if unit[1].endswith("many")}
    assert related.weight(("store.py", "Store.size")) == 1
    assert 0 < related.weight(("lib.py", "unheard of")) < related.weight(("lib.py", "tool"))
    assert related.weight(("elsewhere.py", "f")) == 0
    call = ast.parse("nothing.here()", mode="eval").body
    assert isinstance(call, ast.Call)
    assert resolve_call(call, Location(path="absent.py", line=1), snapshot) == ()
    own = ast.parse("self.absent()", mode="eval").body
    assert isinstance(own, ast.Call)
    assert resolve_call(own, crash, snapshot) == ()
