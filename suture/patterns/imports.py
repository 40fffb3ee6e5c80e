"""REPAIR: a name that was never imported, or a module taken for what it holds."""

import ast
import sys
from collections.abc import Iterator

from suture.patterns.complaint import Shape
from suture.patterns.index import import_lines, last_name
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.source import Edit, SourceFile

WELL_KNOWN = {
    "collections": "defaultdict Counter deque OrderedDict namedtuple ChainMap",
    "dataclasses": "dataclass field asdict replace",
    "datetime": "timedelta timezone date UTC",
    "decimal": "Decimal ROUND_HALF_UP InvalidOperation",
    "enum": "Enum IntEnum StrEnum",
    "fractions": "Fraction",
    "functools": "partial reduce wraps lru_cache cached_property cache",
    "itertools": "chain islice groupby product permutations combinations accumulate zip_longest",
    "math": "sqrt ceil floor log inf isclose pi",
    "operator": "itemgetter attrgetter",
    "pathlib": "Path PurePath",
    "statistics": "mean median stdev",
    "textwrap": "dedent indent shorten",
    "typing": "Any Optional Union Callable Iterable Iterator Sequence Mapping NamedTuple cast",
    "uuid": "uuid4 UUID",
    "contextlib": "contextmanager suppress closing ExitStack",
    "urllib.parse": "urlparse urlencode quote unquote urljoin parse_qs",
    "copy": "deepcopy",
    "json": "JSONDecodeError dumps loads",
    "http": "HTTPStatus",
}
"""Names of the standard library that say alone where they come from."""


def missing_import(scene: Scene) -> Iterator[Suggestion]:
    """Import a name that is used without it.

    Before:
        def root(value):
            return math.sqrt(value)
        >>> root(4)
    After:
        import math
        def root(value):
            return math.sqrt(value)
    """
    name = scene.complaint.name
    for path in dict.fromkeys(spot.file.path for spot in scene.on_path()):
        file = scene.files[path]
        spot = next(s for s in scene.on_path() if s.file is file)
        for line, fit, why in _lines(scene, file, name):
            yield Suggestion(
                spot,
                (at_top(file, line),),
                f"Add `{line}` to {path}"[:150],
                f"`{name}` is used here and defined nowhere. {why}",
                fit,
            )


def _lines(scene: Scene, file: SourceFile, name: str) -> Iterator[tuple[str, float, str]]:
    good = scene.good.get(file.path)
    for node in good.tree.body if good else ():
        for line in (line for bound, line in import_lines(node) if bound == name):
            yield line, 1.0, "The last good state imported it."
    for other, line in scene.index.imports.get(name, []):
        yield line, 0.98, f"{other.path} imports it so."
    for other in scene.files.values():
        if other is not file and name in map(last_name_of, other.tree.body):
            yield f"from {module_of(other.path)} import {name}", 0.95, f"{other.path} defines it."
    yield from _standard(name)


def _standard(name: str) -> Iterator[tuple[str, float, str]]:
    why = "The standard library has it."
    if name in sys.stdlib_module_names:
        yield f"import {name}", 0.97, why
    for module, names in WELL_KNOWN.items():
        if name in names.split():
            yield f"from {module} import {name}", 0.95, why


def last_name_of(node: ast.stmt) -> str:
    """Return the name that a top-level statement defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name
    return last_name(node.targets[0]) if isinstance(node, ast.Assign) else ""


def module_of(path: str) -> str:
    """Return the name by which a file is imported."""
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    return ".".join(parts[1:] if parts[0] == "src" else parts)


def at_top(file: SourceFile, line: str) -> Edit:
    """Place an import after the last one at the top, else before the first statement."""
    imports = [node for node in file.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    if imports:
        return file.after(imports[-1], line)
    body = file.tree.body
    documented = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    return file.after(body[0], line) if documented else file.before(body[0], line)


def module_taken_for_member(scene: Scene) -> Iterator[Suggestion]:
    """Go through the class of the same name as its module, or straight to the module.

    Before:
        import datetime
        def today():
            return datetime.now().date()
        >>> today()
    After:
        import datetime
        def today():
            return datetime.datetime.now().date()
    """
    wanted = scene.complaint
    for spot, node in scene.each(ast.Attribute):
        name = last_name(node.value)
        if node.attr == wanted.name and wanted.subject in {name, f"{name}.{name}"}:
            yield from _through(spot, node, name)


def _through(spot: Spot, node: ast.Attribute, name: str) -> Iterator[Suggestion]:
    start, end = spot.file.span(node)
    inside = spot.file.span(node.value)[1]
    choices = [(Edit(inside, inside, f".{name}"), f"{name}.{name}.{node.attr}")]
    if node.attr in spot.scope:
        choices.append((Edit(start, end, node.attr), node.attr))
    for edit, text in choices:
        yield Suggestion(
            spot,
            (edit,),
            f"Use `{text}` instead of `{spot.file.shown(node)}` in {spot.where}",
            f"`{name}` is both a module and a class in it, and the other one is meant.",
            0.9,
        )


PATTERNS = (
    Pattern("imports.missing", missing_import, 1.0, frozenset({Shape.NAME})),
    Pattern("imports.member", module_taken_for_member, 0.95, frozenset({Shape.ATTRIBUTE})),
)
