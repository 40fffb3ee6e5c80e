from suture.localisation.imports import find_module, imported_files, imports_of
from tests.builders.stage import Stage


def test_names_are_followed_to_where_they_are_defined(stage: Stage) -> None:
    stage.commit(
        {
            "src/shop/__init__.py": "from .cart import total as sum_up\nfrom os import path\n",
            "src/shop/cart.py": (
                "from . import rates\nfrom .deep.inner import f\nimport shop.rates as r\n"
            ),
            "src/shop/rates.py": "from shop.cart import total\nfrom .absent import x\n",
            "src/shop/deep/__init__.py": "",
            "src/shop/deep/inner.py": "from ..rates import RATES\nfrom ... import nothing\n",
            "tests/test_cart.py": "import os\nfrom shop import sum_up, cart\nimport shop.cart\n",
            "lib/tool.py": "",
            "top.py": "import tool\nfrom shop import *\n",
            "__init__.py": "",
        }
    )
    snapshot = stage.snapshot()

    def origin(path: str, name: str) -> tuple[str, str | None]:
        found = imports_of(path, snapshot)[name]
        return found.path, found.name

    assert origin("tests/test_cart.py", "sum_up") == ("src/shop/cart.py", "total")
    assert origin("tests/test_cart.py", "cart") == ("src/shop/cart.py", None)
    assert origin("tests/test_cart.py", "shop.cart") == ("src/shop/cart.py", None)
    assert origin("src/shop/cart.py", "rates") == ("src/shop/rates.py", None)
    assert origin("src/shop/cart.py", "r") == ("src/shop/rates.py", None)
    assert origin("src/shop/deep/inner.py", "RATES") == ("src/shop/rates.py", "RATES")
    assert origin("top.py", "tool") == ("lib/tool.py", None)
    assert "os" not in imports_of("tests/test_cart.py", snapshot)
    assert "x" not in imports_of("src/shop/rates.py", snapshot)
    assert imports_of("absent.py", snapshot) == {}
    assert find_module("", "src/x.py", snapshot, level=2) == "__init__.py"
    assert imported_files("tests/test_cart.py", snapshot, depth=2) == (
        "src/shop/cart.py",
        "src/shop/rates.py",
        "src/shop/deep/inner.py",
    )


def test_packages_that_pass_names_round_in_circles_end(stage: Stage) -> None:
    stage.commit(
        {
            "a.py": "from b import f\n",
            "b.py": "from a import f\n",
            "c.py": "from a import f\nfrom d import g\n",
            "d.py": "from d import g\nfrom gone import h\n",
            "e.py": "from d import h\n",
        }
    )
    snapshot = stage.snapshot()
    assert imports_of("c.py", snapshot)["f"].path in {"a.py", "b.py"}
    assert imports_of("c.py", snapshot)["g"].path == "d.py"
    assert imports_of("e.py", snapshot)["h"].path == "d.py"
