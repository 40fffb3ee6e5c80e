"""A repository's Python sources as text, and how its files are imported."""

import ast
import posixpath
import re
from functools import lru_cache
from typing import NamedTuple

from pydantic import Field

from suture.domain.value import Folder, Value

MAX_SOURCE_CHARACTERS = 1 << 20
MAX_TREE_DEPTH = 150
SOURCE_ROOTS = frozenset({"src", "lib", "python"})
TEST_FILE = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test)\.py$")

Function = ast.FunctionDef | ast.AsyncFunctionDef
ENUM_BASES = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"})


class ImportPath(Value):
    """How a file is imported: the directory on `sys.path` and the dotted name below it."""

    root: str
    """Relative to the service's root; empty for that root itself."""
    module: str


class ClassSource(NamedTuple):
    """A class definition found in the sources."""

    path: str
    name: str
    """Qualified name inside the file."""
    node: ast.ClassDef


class FunctionSource(NamedTuple):
    """A function definition found in a file."""

    name: str
    """Qualified name inside the file; `<locals>` marks what cannot be imported."""
    node: Function
    owner: ast.ClassDef | None


class ProjectLayout(Value):
    """What the planner knows of a repository. Paths are relative to the repository."""

    files: tuple[str, ...]
    sources: dict[str, str] = Field(default_factory=dict)
    """Text of the Python files, tests included."""
    root: Folder = ""
    """The service's directory, where tests and probes run; see `Service.root`."""

    def inside(self, path: str) -> str | None:
        """Return the path relative to the service's root, or None if it lies elsewhere."""
        prefix = posixpath.join(self.root, "")
        return path.removeprefix(prefix) if path.startswith(prefix) else None

    def tree(self, path: str) -> ast.Module | None:
        """Return a file's syntax tree, or None if it has none."""
        return parse_module(self.sources.get(path, ""))

    def find_file(self, filename: str) -> str | None:
        """Return the one source file that a runtime's file name means, or None."""
        wanted = [part for part in filename.replace("\\", "/").split("/") if part not in {"", "."}]
        best: list[str] = []
        longest = 0
        for path in self.sources:
            parts = path.split("/")
            shared = 0
            for one, other in zip(reversed(parts), reversed(wanted), strict=False):
                if one != other:
                    break
                shared += 1
            if shared < min(len(parts), len(wanted)) or shared < longest:
                continue
            best = [*best, path] if shared == longest else [path]
            longest = shared
        return best[0] if len(best) == 1 else None

    def tests(self) -> tuple[str, ...]:
        """Return the test files of the service."""
        return tuple(
            path for path in self.files if TEST_FILE.search(path) and self.inside(path) is not None
        )

    def import_path(self, path: str, module: str | None = None) -> ImportPath | None:
        """Return how a file is imported; `module` is what the runtime called it, if known.

        The project's own tests are asked first, then the runtime, then the packages' layout.
        """
        inner = self.inside(path)
        if inner is None or not inner.endswith(".py"):
            return None
        parts = inner.removesuffix(".py").split("/")
        if parts[-1] == "__init__":
            parts.pop()
        if not parts or not all(part.isidentifier() for part in parts[-1:]):
            return None
        start = self._start(path, parts, module)
        if not all(part.isidentifier() for part in parts[start:]):
            return None
        return ImportPath(root="/".join(parts[:start]), module=".".join(parts[start:]))

    def _start(self, path: str, parts: list[str], module: str | None) -> int:
        tests = [self.sources[test] for test in self.tests() if test in self.sources]
        for start in range(len(parts)):
            if any(imports(text, ".".join(parts[start:])) for text in tests):
                return start
        if module and parts[-len(module.split(".")) :] == module.split("."):
            return len(parts) - len(module.split("."))
        return self._package_start(path, parts)

    def _package_start(self, path: str, parts: list[str]) -> int:
        package = path.endswith("/__init__.py")
        start = len(parts) - 1
        prefix = posixpath.join(self.root, "")
        known = set(self.files)
        while start > 0 and f"{prefix}{'/'.join(parts[:start])}/__init__.py" in known:
            start -= 1
        if start < len(parts) - 1 or package:
            return start
        if parts[0] in SOURCE_ROOTS and len(parts) > 1:
            return 1
        neighbours = "/".join(path.split("/")[:-1])
        folder = (text for other, text in self.sources.items() if other.startswith(neighbours))
        return start if any(imports(text, parts[-1]) for text in folder) else 0

    def find_functions(self, path: str) -> tuple[FunctionSource, ...]:
        """Return every function of a file, methods and nested ones included."""
        tree = self.tree(path)
        return tuple(_functions(tree, "", None)) if tree else ()

    def find_plain_function(self, name: str) -> str | None:
        """Return the one file, tests aside, that defines a function of this name at its top."""
        found = [
            path
            for path, text in self.sources.items()
            if f"def {name}" in text
            and not TEST_FILE.search(path)
            and any(source.name == name for source in self.find_functions(path))
        ]
        return found[0] if len(found) == 1 else None

    def find_class(self, name: str, near: str | None = None) -> ClassSource | None:
        """Return the class that a name means in file `near`, or None if that is not certain."""
        plain = name.rsplit(".", 1)[-1]
        found = [
            source
            for path, text in self.sources.items()
            if plain in text and not TEST_FILE.search(path)
            for source in _classes(self.tree(path), path, "")
            if source.name == name or name.endswith(f".{source.name}")
        ]
        if len(found) > 1:
            found = [source for source in found if self._seen_from(near, source, name)]
        return found[0] if len(found) == 1 else None

    def _seen_from(self, near: str | None, source: ClassSource, name: str) -> bool:
        if near is None or source.path == near:
            return source.path == near
        way = self.import_path(source.path)
        if way is None:
            return False
        if name == f"{way.module}.{source.name}":
            return True
        pattern = rf"from\s+\S*{re.escape(way.module.rsplit('.', 1)[-1])}\s+import\s[^\n]*"
        text = self.sources.get(near, "")
        return any(
            re.search(rf"\b{re.escape(source.name.split('.')[0])}\b", match)
            for match in re.findall(pattern, text)
        )


@lru_cache(maxsize=512)
def parse_module(text: str) -> ast.Module | None:
    """Return the syntax tree of hostile source text, or None."""
    if not text or len(text) > MAX_SOURCE_CHARACTERS:
        return None
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return None if _too_deep(tree) else tree


def _too_deep(tree: ast.AST) -> bool:
    """Whether walking the tree recursively might exhaust the stack."""
    level: list[ast.AST] = [tree]
    for _ in range(MAX_TREE_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return False
    return True


def imports(text: str, module: str) -> bool:
    """Whether a source text imports a module by this name."""
    whole = re.escape(module)
    if re.search(rf"^\s*(?:from|import)\s+{whole}(?![\w.])", text, re.MULTILINE):
        return True
    package, _, name = module.rpartition(".")
    if not package:
        return False
    pattern = rf"^\s*from\s+{re.escape(package)}\s+import\s+[^\n]*\b{re.escape(name)}\b"
    return re.search(pattern, text, re.MULTILINE) is not None


def _functions(node: ast.AST, prefix: str, owner: ast.ClassDef | None) -> list[FunctionSource]:
    found: list[FunctionSource] = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            name = f"{prefix}{child.name}"
            found.append(FunctionSource(name, child, owner))
            found.extend(_functions(child, f"{name}.<locals>.", None))
        elif isinstance(child, ast.ClassDef):
            found.extend(_functions(child, f"{prefix}{child.name}.", child))
        elif isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            found.extend(_functions(child, prefix, owner))
    return found


def _classes(node: ast.AST | None, path: str, prefix: str) -> list[ClassSource]:
    found: list[ClassSource] = []
    for child in ast.iter_child_nodes(node) if node else ():
        if isinstance(child, ast.ClassDef):
            name = f"{prefix}{child.name}"
            found.append(ClassSource(path, name, child))
            found.extend(_classes(child, path, f"{name}."))
        elif isinstance(child, ast.If | ast.Try):
            found.extend(_classes(child, path, prefix))
    return found


def fields_of_class(node: ast.ClassDef) -> list[tuple[str, ast.expr | None, ast.expr]]:
    """Return annotated fields as name, default and annotation."""
    return [
        (item.target.id, item.value, item.annotation)
        for item in node.body
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
    ]


def base_names(node: ast.ClassDef) -> set[str]:
    """Return the last parts of the names of a class's bases."""
    return {ast.unparse(base).split("[")[0].rsplit(".", 1)[-1] for base in node.bases}


def is_enum(node: ast.ClassDef) -> bool:
    """Whether a class is visibly an enumeration."""
    return bool(base_names(node) & ENUM_BASES)


def decorator_names(node: ast.ClassDef | Function) -> set[str]:
    """Return the last parts of the names of the decorators."""
    return {
        ast.unparse(item.func if isinstance(item, ast.Call) else item).rsplit(".", 1)[-1]
        for item in node.decorator_list
    }


def builds_without_arguments(node: ast.ClassDef) -> bool:
    """Whether `Class()` is visibly enough to make an object."""
    for item in node.body:
        if isinstance(item, Function) and item.name in {"__init__", "__new__"}:
            given = item.args.posonlyargs + item.args.args
            required = len(given) - len(item.args.defaults) - 1
            return required <= 0 and None not in item.args.kw_defaults
    fields = fields_of_class(node)
    if base_names(node) - {"object", "Protocol", "Generic", "ABC", "BaseModel", "NamedTuple"}:
        return False
    if decorator_names(node) & {"dataclass", "define", "frozen", "attrs", "s"} or node.bases:
        return all(default is not None for _, default, _ in fields)
    return True
