from datetime import UTC, datetime

import pytest

from suture.domain.alert import Alert, AlertKind, AlertSource, ExceptionInfo, FailedTest, Frame
from suture.fingerprint import fingerprint, normalise_message

NOW = datetime(2026, 5, 4, tzinfo=UTC)
LINE = "    return total / count"


def frame(filename: str = "/app/shop/cart.py", **fields: object) -> Frame:
    given = {"module": "shop.cart", "function": "average", "lineno": 12, "context_line": LINE}
    return Frame.model_validate({"filename": filename, **given, **fields})


def error(*frames: Frame, name: str = "ZeroDivisionError", value: str = "") -> ExceptionInfo:
    return ExceptionInfo(type=name, value=value, frames=frames)


def alert(*exceptions: ExceptionInfo, **fields: object) -> Alert:
    return Alert.model_validate(
        {
            "alert_id": "1", "source": AlertSource.SENTRY, "kind": AlertKind.EXCEPTION,
            "service": "shop", "title": "x", "occurred_at": NOW, "exceptions": exceptions, **fields,
        }
    )  # fmt: skip


USUAL = fingerprint(alert(error(frame())))
NONE_READ = "'NoneType' object has no attribute 'write'"
LIBRARY = frame("/venv/lib/python3.11/site-packages/x/y.py", module="x.y", in_app=False)


@pytest.mark.parametrize(
    "same",
    [
        alert(error(frame(lineno=400))),
        alert(error(frame(context_line="return  total / count"))),
        alert(error(frame("/srv/releases/42/shop/cart.py"))),
        alert(error(frame(variables={"total": "9"}))),
        alert(error(frame(), value="order 4711 at 0x7f12")),
        alert(error(frame(function="caller"), frame())),
        alert(error(frame(), LIBRARY)),
        alert(error(frame(), name="builtins.ZeroDivisionError")),
        alert(error(frame()), release="2.0", alert_id="2", title="y"),
    ],
)
def test_what_varies_for_one_fault_does_not_count(same: Alert) -> None:
    assert fingerprint(same) == USUAL


@pytest.mark.parametrize(
    "other",
    [
        alert(error(frame(), name="KeyError")),
        alert(error(frame(function="total"))),
        alert(error(frame(module="shop.orders"))),
        alert(error(frame(context_line="return total / 0"))),
        alert(error(frame()), error(frame(), name="OrderFailed")),
        alert(error(frame(), frame(function="inner"))),
        alert(error(LIBRARY)),
    ],
)
def test_another_fault_has_another_fingerprint(other: Alert) -> None:
    assert fingerprint(other) != USUAL


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("/app/shop/cart.py", "/srv/releases/20260504/shop/cart.py", True),
        ("/app/shop/cart.py", "C:\\deploy\\x\\shop\\cart.py", True),
        ("/home/a/shop/cart.py", "/opt/b/c/shop/cart.py", True),
        ("/app/cart.py", "/usr/src/app/cart.py", True),
        ("/app/src/shop/cart.py", "./shop/cart.py", True),
        ("/app/src/shop/api/v1/cart.py", "shop/api/v1/cart.py", True),
        ("/srv/shop/1.2.3/shop/cart.py", "shop/cart.py", True),
        ("/app/shop/api/v1/cart.py", "/app/stock/api/v1/cart.py", False),
        ("/app/shop/__init__.py", "shop/__init__.py", True),
        ("/app/shop/cart.py", "/app/shop/orders.py", False),
        ("/app/shop/cart.py", "/app/stock/cart.py", False),
        ("shop/api/cart.py", "stock/api/cart.py", False),
    ],
)
def test_where_it_is_deployed_does_not_count(one: str, other: str, *, same: bool) -> None:
    digests = {fingerprint(alert(error(frame(path, module=None)))) for path in (one, other)}
    assert (len(digests) == 1) is same


def test_a_script_is_known_by_its_path() -> None:
    scripts = [frame(f"/app/{name}.py", module="__main__") for name in ("a", "b")]
    assert len({fingerprint(alert(error(script))) for script in scripts}) == 2


@pytest.mark.parametrize(
    ("module", "path"),
    [
        ("shop.api.views.cart", "/app/shop/api/views/cart.py"),
        ("app.shop.cart", "/code/app/shop/cart.py"),
        ("shop.api.views.cart", "/work/9fceb02d0ae5/shop/api/views/cart.py"),
    ],
)
def test_a_modules_name_and_its_path_are_one_place(module: str, path: str) -> None:
    pair = [frame(path, module=module), frame(path, module=None)]
    assert len({fingerprint(alert(error(each))) for each in pair}) == 1


def test_a_scripts_own_folder_is_where_its_modules_begin() -> None:
    def run(folder: str, name: str = "main") -> str:
        script = frame(f"{folder}/{name}.py", module=None, function="<module>")
        return fingerprint(alert(error(script, frame(f"{folder}/cart.py", module=None))))

    assert run("/home/ana/x") == run("/opt/shop")
    flat = [frame(f"{each}/main.py", module=None, function="<module>") for each in ("/a/b", "/c/d")]
    assert len({fingerprint(alert(error(each))) for each in flat}) == 1


def test_the_last_raising_line_counts_beside_the_first_cause() -> None:
    cause = error(frame(), name="KeyError")
    lasts = [error(frame(function=name), name="OrderFailed") for name in ("pay", "ship", "pay")]
    first, second, third = (fingerprint(alert(cause, last)) for last in lasts)
    assert first == third != second


def test_the_order_and_number_of_a_groups_equal_members_do_not_count() -> None:
    zone = error(frame(), name="KeyError")
    rate = error(frame(function="rate"), name="ValueError")
    bare = error(name="OSError")
    top = error(frame(function="gather"), name="builtins.ExceptionGroup")

    def of(*members: ExceptionInfo) -> str:
        return fingerprint(alert(*members, top))

    assert of(zone, rate, bare) == of(bare, rate, zone) == of(rate, zone, bare, zone)
    assert len({of(zone, rate), of(zone), of(rate), of(zone, bare)}) == 4


def test_a_lambda_or_comprehension_belongs_to_its_function() -> None:
    assert fingerprint(alert(error(frame(function="Cart.average.<locals>.<genexpr>")))) != USUAL
    nested = [frame(function=name) for name in ("Cart.average", "average", "f.<locals>.average")]
    assert {fingerprint(alert(error(each))) for each in nested} == {USUAL}


def test_the_first_cause_with_own_code_decides() -> None:
    wrapped = error(frame(function="handler"), name="OrderFailed")
    causes = [error(frame(function=name)) for name in ("average", "total")]
    assert len({fingerprint(alert(cause, wrapped)) for cause in causes}) == 2
    foreign = alert(error(LIBRARY), wrapped)
    assert fingerprint(foreign) != fingerprint(alert(error(LIBRARY), error(frame(), name="O")))


def test_the_depth_of_a_recursion_does_not_count() -> None:
    cycle = [frame(function="even"), frame(function="odd")]
    start = frame(function="main")
    stacks = [[start, *cycle * 10], [start, *cycle * 30, cycle[0]], [start, *cycle * 5, LIBRARY]]
    alerts = [alert(error(*stack, name="RecursionError")) for stack in stacks]
    assert len({fingerprint(each) for each in alerts}) == 1
    assert fingerprint(alert(error(start, name="RecursionError"))) != fingerprint(alerts[0])
    full = "Maximum call stack size exceeded"
    others = [error(*stack, name="RangeError", value=full) for stack in stacks]
    assert len({fingerprint(alert(each)) for each in others}) == 1


def test_without_frames_the_normalised_message_decides() -> None:
    texts = ["order 17 is gone", "order 4711 is gone", "order is late"]
    first, second, third = (fingerprint(alert(error(value=text))) for text in texts)
    assert first == second != third


def test_failed_tests_are_known_by_their_ids() -> None:
    def of(*ids: str) -> str:
        tests = [FailedTest(node_id=each, message="at 0x12") for each in ids]
        return fingerprint(alert(error(frame()), kind="test_failure", failed_tests=tests))

    assert of("a.py::b", "a.py::c") == of("a.py::c", "a.py::b", "a.py::c")
    assert of("a.py::b") != of("a.py::c")
    many = [f"a.py::t{number:03}" for number in range(50)]
    assert of(*many) == of(*many[:20])
    assert of("a.py::b[<X at 0x7f00aa11bb22>]") == of("a.py::b[<X at 0x7f99aa11bb22>]")
    assert of("a.py::b[0x1F]") != of("a.py::b[0x2F]")


def test_many_tests_that_fail_with_one_error_are_known_by_it() -> None:
    def of(ids: range, message: str = "KeyError: 'zone'", place: Frame = frame()) -> str:  # noqa: B008 - frozen
        tests = [FailedTest(node_id=f"a.py::t{each}", message=message) for each in ids]
        return fingerprint(alert(error(place), kind="test_failure", failed_tests=tests))

    assert of(range(50)) == of(range(1, 50))
    assert of(range(50)) != of(range(50), "KeyError: 'rate'")
    assert of(range(50)) != of(range(50), place=frame(function="rate"))
    assert of(range(12)) != of(range(8))
    for varied in ("AssertionError: assert 1 == 2", "assert False", ""):
        assert of(range(12), varied) != of(range(1, 12), varied)


def test_a_signal_is_known_by_its_normalised_title() -> None:
    titles = ["Queue 3 is stuck since 2026-05-04", "Queue 9 is stuck since 2026-06-01", "Disk full"]
    first, second, third = (
        fingerprint(alert(kind="signal", title=title, message=title)) for title in titles
    )
    assert first == second != third


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("order 4711 of -1.5e3 EUR", "order <number> of <number> EUR"),
        ("worker-12 on host17", "worker-<number> on host<number>"),
        ("at 0x7f12ab <X object>", "at <address> <X object>"),
        ("id 123e4567-e89b-12d3-a456-426614174000", "id <uuid>"),
        ("commit 9fceb02d0ae598e95dc970b74767f19372d61af8", "commit <hex>"),
        ("decade facade", "decade facade"),
        ("since 2026-05-04T03:12:40.118Z or 03:12:40", "since <time> or <time>"),
        ("from 10.0.0.7:5432 for ida@shop.example", "from <ip> for <email>"),
        ("no /srv/app/x.txt or C:\\a\\b", "no <path> or <path>"),
        ("'NoneType' object has no attribute 'id'", "`NoneType` object has no attribute `id`"),
        ('relation "users" does not exist', "relation `users` does not exist"),
        ("no x86_64, sha256, utf16 or int64", "no x86_64, sha256, utf16 or int64"),
        ("pod-web-12 of x8612, sha256sum", "pod-web-<number> of x<number>, sha<number>sum"),
        ("bad \"a b\" and 'c d'", "bad <text> and <text>"),
        ("many   spaces\nand lines", "many spaces and lines"),
        ("", ""),
    ],
)
def test_a_message_is_normalised(text: str, normal: str) -> None:
    assert normalise_message(text) == normal


def test_a_long_message_is_cut_before_it_is_looked_at() -> None:
    assert len(normalise_message("word " * 100_000)) < 2_001


def shown(*lines: str, name: str = "AttributeError", value: str = NONE_READ) -> ExceptionInfo:
    """Return an exception whose stack shows these lines, each in a function of its own."""
    frames = [frame(function=f"f{number}", context_line=line) for number, line in enumerate(lines)]
    return error(*frames, name=name, value=value)


def test_what_happens_while_another_is_handled_is_the_fault() -> None:
    fault = shown("total = prices[0]", name="IndexError")
    parsed = shown("raise CartError(text) from error", name="CartError")
    handled = [error(LIBRARY, name="ValueError"), parsed]
    assert fingerprint(alert(*handled, fault)) == fingerprint(alert(parsed, fault))
    assert fingerprint(alert(parsed, fault)) == fingerprint(alert(fault))
    renamed = shown("raise CartError(text)", name="CartError")
    assert fingerprint(alert(fault, renamed)) != fingerprint(alert(renamed))


def test_in_other_languages_the_stated_cause_is_the_fault() -> None:
    def of(*names: str) -> str:
        places = ["/app/a.js", "/app/b.js"]
        chain = [
            error(frame(path, module=None, context_line="x();"), name=name)
            for path, name in zip(places, names, strict=True)
        ]
        return fingerprint(alert(*chain))

    assert of("ConnectError", "TypeError") != of("LookupError", "TypeError")


def test_of_two_faults_one_after_the_other_both_count() -> None:
    cleanup = shown("action.nargs = action.saved", value="'Store' object has no attribute 'saved'")
    firsts = [shown(line, name="TypeError") for line in ("parts.append()", "_join(parts, 1)")]
    assert len({fingerprint(alert(first, cleanup)) for first in firsts}) == 2


def test_a_none_that_was_passed_down_is_known_by_who_passed_it_on() -> None:
    stacks = [
        ("run(order, None)", "send(item, stream)", "stream.write(item)"),
        ("run(order, None)", "send(item, out=stream)", "self.put(stream, 1)", "x = stream.write"),
        ("run(order, None)", "stream.write(header)"),
    ]
    assert len({fingerprint(alert(shown(*stack))) for stack in stacks}) == 1
    others = [
        ("run(order, None)", "send(item)", "stream.write(item)"),
        ("run(order, None)", "send(item, stream)", "self.stream.write(item)"),
        ("run(order, None)", "send(item, stream)", "stream.write(other.write())"),
        ("go(stream)", "send(item, stream)", "stream.write(item)"),
    ]
    assert len({fingerprint(alert(shown(*stack))) for stack in (*others, stacks[0])}) == 5
    used = [
        shown("go(1)", line, name="TypeError", value=f"'NoneType' object is not {use}")
        for use, line in [("subscriptable", "row[0]"), ("callable", "row(0)")]
    ]
    assert len({fingerprint(alert(each)) for each in used}) == 2
    foreign = error(LIBRARY, name="AttributeError", value=NONE_READ)
    assert fingerprint(alert(foreign)) == fingerprint(alert(error(LIBRARY, name="AttributeError")))


def test_without_a_lines_text_what_the_runtime_says_tells_faults_apart() -> None:
    def of(value: str, name: str = "TypeError", line: str | None = None) -> str:
        return fingerprint(alert(error(frame(context_line=line), name=name, value=value)))

    assert of("a is not a function") != of("b is not a function")
    assert of("a is not a function", line="x()") == of("b is not a function", line="x()")
    assert of("no order of Ann", "OrderMissing") == of("no order of Bob", "OrderMissing")
    assert of("start: no host 1", "panic") == of("order of Ann: no host 2", "panic")
    assert of("start: no host", "panic") != of("start: no such file", "panic")
    assert of("runtime error: index out of range [5]", "panic") == of(
        "runtime error: index out of range [7]", "panic"
    )
    assert of("runtime error: index out of range [5]", "panic") != of(
        "runtime error: integer divide by zero", "panic"
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("main.go", "main", "serve.func1"), ("main.go", "main", "serve.func2.1"), True),
        (("main.go", "main", "serve.func1"), ("main.go", "main", "listen.func1"), False),
        (("A.java", "com.A", "lambda$total$0"), ("A.java", "com.A", "lambda$total$3"), True),
        (("A.java", "com.A$1", "run"), ("A.java", "com.A$2", "run"), True),
        (("A.java", "com.A$Row", "run"), ("A.java", "com.A$Cell", "run"), False),
        (("https://a.example/js/main.3f9a1b2c.js", None, "f"),
         ("https://b.example/js/main.77aa00dd.js", None, "f"), True),
        (("dist/index-BkT3x_9a.js", None, "f"), ("dist/index-Zz81abcd.js", None, "f"), True),
        (("dist/cart-service.js", None, "f"), ("dist/order-service.js", None, "f"), False),
    ],
)  # fmt: skip
def test_what_compilers_and_bundlers_number_does_not_count(
    one: tuple[str, str | None, str], other: tuple[str, str | None, str], *, same: bool
) -> None:
    frames = [
        frame(path, module=module, function=function, context_line=None)
        for path, module, function in (one, other)
    ]
    assert (len({fingerprint(alert(error(each))) for each in frames}) == 1) is same


def test_a_sources_own_name_of_a_problem_counts_before_the_title() -> None:
    def of(group: str, title: str = "Queue is stuck") -> str:
        return fingerprint(alert(kind="signal", title=title, group=group))

    assert of("a") == of("a", "Queue is stuck again") != of("b")
