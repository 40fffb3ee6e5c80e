"""Odd sources and messages, for hypothesis."""

from hypothesis import strategies as st

from suture.domain.evidence import Location
from suture.patterns import FixScene
from tests.patterns.crashes import APP, Example, scene_of

CRASH = Example(
    before="def price(prices, name):\n    return prices[name]\n",
    driver='price({"bolt": 1}, "nut")',
    after="",
)

PIECES = st.sampled_from(
    [
        "a",
        "b.c",
        "x[0]",
        "x[-1:]",
        "f(a, *b, **c)",
        "'é' 'ü'",
        "f'{a.b!r:>{w}}'",
        "(yield)",
        "a if b else c",
        "a and b or not c",
        "[i for i in a if i]",
        "{k: v for k, v in a}",
        "lambda x=1: x",
        "a < b <= c",
        "a / len(b)",
        "-1",
        "b'x'",
        "not a",
        "max(a)",
        "next(a)",
        "d.pop()",
        "d[a]",
        "int('1,2')",
        "open(a).read",
        "a @ b",
        "...",
        "x.sort()",
        "range(a)",
        '"""m\nn"""',
        "(a,\n b)",
        "(i := a)",
        "datetime.now()",
        "json.dumps(a)",
        "await_(a)",
    ]
)
LINES = st.sampled_from(
    [
        "{0}",
        "x = {0}",
        "x += {0}",
        "return {0}",
        "a = {0}; b = {1}",
        "if {0}: return {1}",
        "for x in {0}:\n        y = {1}",
        "while {0}:\n        break",
        "a, b = {0}",
        "del x[{0}]",
        "with {0} as x:\n        {1}",
        "try:\n        {0}\n    except KeyError:\n        {1}",
        "def g(q=[]):\n        return {0}",
        "class C({0}):\n        z = {1}",
        "assert {0}, {1}",
        "raise {0}",
        "pass",
        "global zz",
        "x: int = {0}",
        "import os",
        "\tx = {0}",
        "x = [{0},\n{1}]",
        "match {0}:\n        case 1:\n            {1}",
        "'doc'",
        "async def h(): return {0}",
    ]
)
MESSAGES = st.sampled_from(
    [
        ("KeyError", "'a'"),
        ("KeyError", "0"),
        ("IndexError", "list index out of range"),
        ("AttributeError", "'NoneType' object has no attribute 'c'"),
        ("ValueError", "x"),
        ("AttributeError", "'C' object has no attribute 'b'"),
        ("StopIteration", ""),
        ("TypeError", "unsupported operand type(s) for +: 'int' and 'str'"),
        ("TypeError", "'NoneType' object is not iterable"),
        ("NameError", "name 'a' is not defined"),
        ("TypeError", "f() missing 1 required positional argument: 'a'"),
        ("TypeError", "f() takes 1 positional argument but 2 were given"),
        ("TypeError", "f() got an unexpected keyword argument 'q'"),
        ("ZeroDivisionError", ""),
        ("ValueError", "too many values to unpack (expected 2)"),
        ("AssertionError", ""),
        ("ValueError", "max() arg is an empty sequence"),
        ("Weird.Error", "{}\n'%s'"),
        ("UnboundLocalError", "cannot access local variable 'x' where it is not associated"),
        ("ValueError", "invalid literal for int() with base 10: '1,2'"),
        ("TypeError", "a bytes-like object is required, not 'str'"),
        ("TypeError", "can't compare offset-naive and offset-aware datetimes"),
        ("TypeError", "Object of type datetime is not JSON serializable"),
        ("TypeError", "unhashable type: 'list'"),
        ("RuntimeError", "dictionary changed size during iteration"),
        ("TypeError", "'coroutine' object is not iterable"),
        ("TypeError", "'method' object is not iterable"),
        ("TypeError", "'str' object is not callable"),
        ("TypeError", "'generator' object is not subscriptable"),
        ("TypeError", "list indices must be integers or slices, not str"),
    ]
)


@st.composite
def scenes(draw: st.DrawFn) -> FixScene:
    lines = draw(st.lists(LINES, min_size=1, max_size=6))
    written = ["    " + line.format(draw(PIECES), draw(PIECES)) for line in lines]
    source = "async def f(a, w=None, *, q=1):\n" + "\n".join(written)
    source += draw(st.sampled_from(["", "\n"]))
    styles = [source, source.replace("\n", "\r\n"), source.replace("    ", "\t")]
    source = draw(st.sampled_from(styles))
    good = draw(st.sampled_from([source, "", source.replace("a", "bb"), source[:40]]))
    kind, message = draw(MESSAGES)
    scene = scene_of(CRASH)
    raised = scene.alert.exceptions[0].model_copy(update={"type": kind, "value": message})
    crash = Location(path=APP, line=draw(st.integers(1, 12)), function="f")
    return scene.model_copy(
        update={
            "sources": {APP: source},
            "last_good": {APP: good},
            "alert": scene.alert.model_copy(update={"exceptions": (raised,)}),
            "evidence": scene.evidence.model_copy(update={"crash": crash, "path": (crash,)}),
        }
    )
