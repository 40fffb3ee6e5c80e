"""Finding files, modules, classes and functions in sources that nobody may run."""

import ast

import pytest

from suture.reproduction.layout import (
    ClassSource,
    ImportPath,
    ProjectLayout,
    builds_without_arguments,
    imports,
    parse_module,
)


def layout(root: str = "", **sources: str) -> ProjectLayout:
    named = {name.replace("__", "/"): text for name, text in sources.items()}
    return files(named, root)


def files(sources: dict[str, str], root: str = "") -> ProjectLayout:
    return ProjectLayout(files=tuple(sources), sources=sources, root=root)


def way(sources: dict[str, str], path: str, module: str | None = None, root: str = "") -> str:
    found = files(sources, root).import_path(path, module)
    return f"{found.root}|{found.module}" if found else ""


def test_a_runtime_file_name_means_the_file_with_the_longest_common_end() -> None:
    project = files(
        {"src/shop/cart.py": "", "lib/cart.py": "", "app.py": "", "a/x.py": "", "b/x.py": ""}
    )
    assert project.find_file("/srv/app/src/shop/cart.py") == "src/shop/cart.py"
    assert project.find_file("shop/cart.py") == "src/shop/cart.py"
    assert project.find_file("/srv/lib/cart.py") == "lib/cart.py"
    assert project.find_file("C:\\srv\\app.py") == "app.py"
    assert project.find_file("x.py") is None
    assert project.find_file("elsewhere.py") is None


def test_modules_are_named_as_tests_runtime_or_packages_say() -> None:
    package = {"shop/__init__.py": "", "shop/cart.py": ""}
    assert way(package, "shop/cart.py") == "|shop.cart"
    assert way(package, "shop/__init__.py") == "|shop"
    assert way({"src/shop/cart.py": ""}, "src/shop/cart.py") == "src|shop.cart"
    assert way({"src/shop/cart.py": ""}, "src/shop/cart.py", "cart") == "src/shop|cart"
    assert way({"src/shop/cart.py": ""}, "src/shop/cart.py", "other") == "src|shop.cart"
    assert way({"app/main.py": ""}, "app/main.py") == "|app.main"
    scripts = {"app/main.py": "import db\n", "app/db.py": ""}
    assert way(scripts, "app/db.py") == "app|db"
    asked = {"shop/cart.py": "", "tests/test_a.py": "from cart import total\n"}
    assert way(asked, "shop/cart.py", "shop.cart") == "shop|cart"
    assert way({"main.py": ""}, "main.py") == "|main"
    assert way({"services/a/main.py": ""}, "services/a/main.py", root="services/a") == "|main"


@pytest.mark.parametrize(
    "path", ["shop/2cart.py", "my-shop/__init__.py", "__init__.py", "a.txt", "my-shop/x/y.py"]
)
def test_files_that_cannot_be_imported_by_name_have_no_way(path: str) -> None:
    sources = {path: "", "my-shop/x/__init__.py": "", "my-shop/__init__.py": ""}
    assert way(sources, path) == ""


def test_files_outside_the_services_root_have_no_way() -> None:
    assert way({"other/a.py": ""}, "other/a.py", root="shop") == ""


def test_imports_are_told_by_the_text() -> None:
    assert imports("from shop.cart import total", "shop.cart")
    assert imports("    import shop.cart as c", "shop.cart")
    assert imports("from shop import other, cart", "shop.cart")
    assert not imports("from shop.cartel import x", "shop.cart")
    assert not imports("import shop", "cart")


def test_classes_are_found_in_branches_and_in_classes() -> None:
    text = (
        "try:\n    class A: pass\nexcept E:\n    pass\nif 1:\n    class B:\n        class C: pass\n"
    )
    project = files({"m.py": text})
    assert isinstance(project.find_class("A"), ClassSource)
    assert project.find_class("B.C") is not None
    assert project.find_class("C") is None
    assert project.find_class("Missing") is None


def test_a_class_of_many_is_told_by_where_it_is_used() -> None:
    sources = {"a.py": "class X: pass\n", "b.py": "class X: pass\n", "9.py": "class X: pass\n"}
    project = files({**sources, "u.py": "from b import (X)\n", "none.py": ""})
    found = project.find_class("X", "u.py")
    assert found is not None
    assert found.path == "b.py"
    assert project.find_class("X", "none.py") is None
    assert project.find_class("X") is None


def test_functions_are_found_wherever_they_are() -> None:
    text = "if 1:\n    def a(): pass\nclass K:\n    def b(self):\n        def c(): pass\n"
    names = [found.name for found in files({"m.py": text}).find_functions("m.py")]
    assert names == ["a", "K.b", "K.b.<locals>.c"]
    assert files({}).find_functions("m.py") == ()


@pytest.mark.parametrize(
    "text", ["", "def (", "x = '\x00'", "x" * (2 << 20), "x = " + "-" * 300 + "1", "(" * 500]
)
def test_hostile_sources_have_no_tree(text: str) -> None:
    assert parse_module(text) is None


@pytest.mark.parametrize(
    ("source", "alone"),
    [
        ("class A: pass", True),
        ("class A(object):\n    def go(self): pass", True),
        ("class A:\n    def __init__(self): pass", True),
        ("class A:\n    def __init__(self, a=1, *, b=2): pass", True),
        ("class A:\n    def __init__(self, a): pass", False),
        ("class A:\n    def __init__(self, *, a): pass", False),
        ("class A(Unknown): pass", False),
        ("@dataclass\nclass A:\n    a: int", False),
        ("@dataclass(frozen=True)\nclass A:\n    a: int = 1", True),
        ("class A(BaseModel):\n    a: int", False),
        ("class A(pydantic.BaseModel):\n    a: int = 1", True),
        ("class A(Generic[T]): pass", True),
    ],
)
def test_only_classes_that_visibly_need_nothing_are_made_from_nothing(
    source: str, *, alone: bool
) -> None:
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.ClassDef)
    assert builds_without_arguments(node) is alone


def test_a_way_is_a_root_and_a_module() -> None:
    assert layout(src__a="").import_path("src/a") is None
    assert files({"src/a.py": ""}).import_path("src/a.py") == ImportPath(root="src", module="a")
