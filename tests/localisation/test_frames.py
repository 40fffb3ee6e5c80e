import pytest

from suture.domain.alert import Frame
from suture.domain.service import Service
from suture.localisation.frames import FrameFinder, find_file
from tests.builders.stage import Stage

CART = "def total(cart):\n    prices = cart.prices\n    return sum(prices)\n"
MOVED = (
    '"""The cart."""\n\nLIMIT = 3\n\n\n' + CART + "\n\ndef other(cart):\n    return sum(prices)\n"
)


def files(stage: Stage) -> None:
    stage.commit(
        {
            "shop/cart.py": CART,
            "shop/pricing/rates.py": "RATES = {}\n",
            "services/api/shop/views.py": "def view():\n    return 1\n",
            "src/lib/deep.py": "x = 1\n",
            "tests/cart.py": CART,
            "a/same.py": "x = 1\n",
            "b/same.py": "x = 1\n",
            "decoder.py": "x = 1\n",
            "page.js": "function f() {\n  return g();\n}\n",
        }
    )


@pytest.mark.parametrize(
    ("filename", "module", "path"),
    [
        ("/app/shop/cart.py", None, "shop/cart.py"),
        ("shop/cart.py", None, "shop/cart.py"),
        ("./shop/cart.py", None, "shop/cart.py"),
        ("file:///app/page.js", None, "page.js"),
        ("C:\\deploy\\shop\\cart.py", None, "shop/cart.py"),
        ("/opt/venv/releases/7/shop/pricing/rates.py", None, "shop/pricing/rates.py"),
        ("/app/shop/views.py", None, "services/api/shop/views.py"),
        ("shop/views.py", None, "services/api/shop/views.py"),
        ("/somewhere/lib/deep.py", None, "src/lib/deep.py"),
        ("/somewhere/decoder.py", None, "decoder.py"),
        ("cart.py", None, "shop/cart.py"),
        ("/x/same.py", None, None),
        ("same.py", "b.same", "b/same.py"),
        ("<frozen>", "lib.deep", "src/lib/deep.py"),
        ("<string>", "__main__", None),
        ("/x/unheard.py", "un.heard", None),
        ("/usr/lib/python3.11/json/decoder.py", None, None),
        ("/venv/lib/python3.11/site-packages/shop/cart.py", None, "shop/cart.py"),
    ],
)
def test_files_are_found_by_prefix_suffix_or_module(
    stage: Stage, filename: str, module: str | None, path: str | None
) -> None:
    files(stage)
    service = Service(name="api", repository="x", root="services/api")
    frame = Frame(filename=filename, module=module)
    if filename == "cart.py":
        service = Service(name="api", repository="x", root="shop")
    assert find_file(frame, service, stage.snapshot()) == path


def place(stage: Stage, frame: Frame, *, deployed: str | None = None) -> tuple[int, bool] | None:
    base = stage.snapshot()
    then = type(base)(base.repository, deployed) if deployed else None
    found = FrameFinder(stage.service, base, then).place(frame)
    return (found.location.line, found.exact) if found else None


def test_a_line_that_has_moved_is_found_by_its_text(stage: Stage) -> None:
    stage.commit({"cart.py": MOVED})
    frame = Frame(
        filename="/app/cart.py", function="total", lineno=3, context_line="return sum(prices)"
    )
    assert place(stage, frame) == (8, True)
    assert place(stage, frame.model_copy(update={"function": "<listcomp>"})) == (8, True)
    assert place(stage, frame.model_copy(update={"function": "renamed"})) == (8, True)


def test_without_its_text_a_line_is_read_from_the_deployed_commit(stage: Stage) -> None:
    deployed = stage.commit({"cart.py": CART})
    stage.commit({"cart.py": MOVED})
    frame = Frame(filename="/app/cart.py", function="total", lineno=3)
    assert place(stage, frame, deployed=deployed) == (8, True)
    assert place(stage, frame.model_copy(update={"lineno": None}), deployed=deployed) == (6, False)


def test_without_any_text_the_function_must_agree(stage: Stage) -> None:
    stage.commit({"cart.py": MOVED, "page.js": "f();\n", "empty.py": ""})
    known = Frame(filename="/app/cart.py", function="total", lineno=7)
    assert place(stage, known) == (7, True)
    assert place(stage, known.model_copy(update={"lineno": 2})) == (6, False)
    assert place(stage, known.model_copy(update={"lineno": 99})) == (8, False)
    assert place(stage, known.model_copy(update={"function": "absent"})) is None
    assert place(stage, Frame(filename="page.js", function="f", lineno=1)) == (1, True)
    assert place(stage, Frame(filename="cart.py", function="<module>", lineno=99)) == (12, False)
    assert place(stage, Frame(filename="empty.py", lineno=3)) is None


def test_a_line_that_is_gone_leaves_its_function(stage: Stage) -> None:
    stage.commit({"cart.py": MOVED})
    frame = Frame(filename="cart.py", function="total", lineno=8, context_line="return fsum(x)")
    assert place(stage, frame) == (8, False)


def test_libraries_count_only_when_the_repository_holds_that_very_line(stage: Stage) -> None:
    stage.commit({"shop/cart.py": CART})
    installed = Frame(
        filename="/venv/lib/python3.11/site-packages/shop/cart.py",
        function="total",
        lineno=3,
        context_line="return sum(prices)",
        in_app=False,
    )
    assert place(stage, installed) == (3, True)
    assert place(stage, installed.model_copy(update={"context_line": "return 1"})) is None
    assert place(stage, installed.model_copy(update={"context_line": None})) is None


CART_TS = "export class Cart {\n  total(items: Item[]): number {\n    return items.price;\n  }\n}\n"


def polyglot(stage: Stage) -> None:
    stage.commit(
        {
            "web/src/cart.ts": CART_TS,
            "web/src/pages/index.tsx": "export const Page = () => null;\n",
            "web/src/index.ts": "x\n",
            "web/src/plain.mjs": "x\n",
            "api/src/main/java/com/shop/Cart.java": "class Cart {\n  int total() {\n  }\n}\n",
            "api/src/test/java/com/shop/Cart.java": "class Cart {}\n",
            "api/src/main/java/org/apache/shop/Own.java": "class Own {\n}\n",
            "api/src/main/kotlin/Prices.kt": "fun low(): Int {\n  return 1\n}\n",
            "cart/cart.go": "package cart\n\nfunc (c *Cart) Total() int { return 1 }\n",
            "main.go": "package main\n",
        }
    )


@pytest.mark.parametrize(
    ("filename", "module", "path"),
    [
        ("/app/web/dist/cart.js", None, "web/src/cart.ts"),
        ("/app/dist/pages/index.js", None, "web/src/pages/index.tsx"),
        ("cart.js", None, "web/src/cart.ts"),
        ("/app/web/build/plain.mjs", None, "web/src/plain.mjs"),
        ("webpack://shop/./web/src/cart.ts?1f", None, "web/src/cart.ts"),
        ("https://shop.example/web/src/cart.ts", None, "web/src/cart.ts"),
        ("/app/dist/missing.js", None, None),
        ("Cart.java", "com.shop.Cart$Row", "api/src/main/java/com/shop/Cart.java"),
        ("com/shop/Cart.java", "com.shop.Cart", "api/src/main/java/com/shop/Cart.java"),
        ("com/shop/Prices.kt", "com.shop.PricesKt", "api/src/main/kotlin/Prices.kt"),
        ("com/other/Missing.java", "com.other.Missing", None),
        ("example.com/shop/cart/cart.go", "example.com/shop/cart", "cart/cart.go"),
        ("/home/ci/build/main.go", None, "main.go"),
        ("/build/cart/cart.go", None, "cart/cart.go"),
    ],
)
def test_files_of_other_languages_are_found(
    stage: Stage, filename: str, module: str | None, path: str | None
) -> None:
    polyglot(stage)
    service = Service(name="api", repository="x")
    assert find_file(Frame(filename=filename, module=module), service, stage.snapshot()) == path


@pytest.mark.parametrize(
    ("frame", "found"),
    [
        (Frame(filename="/app/web/src/cart.ts", function="Cart.total", lineno=3), (3, True)),
        (Frame(filename="/app/web/dist/cart.js", function="Cart.total", lineno=900), (2, False)),
        (Frame(filename="cart/cart.go", function="(*Cart).Total", lineno=90), (3, False)),
        (Frame(filename="cart/cart.go", function="(*Cart).Total.func1.2", lineno=90), (3, False)),
        (
            Frame(
                filename="com/shop/Cart.java",
                module="com.shop.Cart",
                function="lambda$total$0",
                lineno=90,
            ),
            (2, False),
        ),
        (Frame(filename="com/shop/Cart.java", function="lost", lineno=90), None),
        (
            Frame(
                filename="org/apache/shop/Own.java",
                module="org.apache.shop.Own",
                lineno=1,
                in_app=False,
            ),
            (1, True),
        ),
        (Frame(filename="/usr/local/go/src/cart/cart.go", lineno=1, in_app=False), None),
    ],
)
def test_lines_of_other_languages_are_found(
    stage: Stage, frame: Frame, found: tuple[int, bool] | None
) -> None:
    polyglot(stage)
    assert place(stage, frame) == found
