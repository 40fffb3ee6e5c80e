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
