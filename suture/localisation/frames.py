"""Finds the frames of a stack trace in the repository, although both have moved since."""

import posixpath
import re
from collections.abc import Iterator

from suture.domain.alert import Frame
from suture.domain.evidence import Location
from suture.domain.service import Service
from suture.domain.value import Value
from suture.localisation.snapshot import CodeFile, Snapshot, is_test_path
from suture.traces.origin import JAVA, source_name

FOREIGN = re.compile(r"(^|/)(site-packages|dist-packages|node_modules|lib/python[\d.]*)/|^<")
SOURCE_FOLDERS = ("src/", "lib/", "app/")
MAX_FRAMES = 200
SERVER = re.compile(r"^https?://[^/]{1,300}/")
BUILT_FOLDERS = frozenset({"dist", "build", "out", "lib", "output", ".output", "server"})
"""Where compiled JavaScript lies; its source lies beside it, often in `src`."""
BUILT = re.compile(r"\.(?P<module>[cm]?)js$")
DEFINITION = re.compile(
    r"^\s*(?:export |default |declare |async |static |public |private |protected |internal "
    r"|override |suspend |final |abstract |open |synchronized |inline )*+"
    r"(?:func (?:\([^)]{1,200}\) ?)?|fun (?:<[^>]{1,100}> ?)?(?:[\w.<>]{1,100}\.)?|function ?\*? ?"
    r"|(?:const|let|var) |class |[\w.<>\[\], ?]{1,200} )?"
    r"(?P<name>[A-Za-z_$#][\w$]{0,100})(?: ?=|: ?| ?\(|\[| ?\{)"
)
CLOSURE = re.compile(r"(?:\.(?:func\d{1,6}|gowrap\d{1,6}|\d{1,6}))+$")
COMPILED_NAME = re.compile(
    r"^(?:lambda\$(?P<of>[\w]{1,100})\$\d{1,6}|(?P<plain>.{1,200}?)\$\w{0,100})$"
)


class PlacedFrame(Value):
    """A frame and where it is in the repository now."""

    frame: Frame
    location: Location
    exact: bool
    """The line's text was found; otherwise only the file and, at best, the function."""


class FrameFinder:
    """Finds frames at the base commit, by way of the deployed commit where that is known."""

    def __init__(self, service: Service, base: Snapshot, deployed: Snapshot | None) -> None:
        self._service = service
        self._base = base
        self._deployed = deployed

    def place_all(self, frames: tuple[Frame, ...]) -> tuple[PlacedFrame, ...]:
        """Return the frames of the service's own code that were found, oldest call first."""
        placed = (self.place(frame) for frame in frames[-MAX_FRAMES:])
        return tuple(each for each in placed if each is not None)

    def place(self, frame: Frame) -> PlacedFrame | None:
        """Find one frame, or say that it is not the service's own."""
        path = find_file(frame, self._service, self._base)
        if path is None:
            return None
        file = self._base.file(path)
        context = (frame.context_line or "").strip() or self._deployed_line(path, frame)
        line, exact = relocate(file, frame, context)
        certain = (exact and frame.context_line) or _is_whole_class(frame, path)
        if line is None or (_is_foreign(frame) and not certain):
            return None
        return PlacedFrame(frame=frame, location=self._base.locate(path, line), exact=exact)

    def _deployed_line(self, path: str, frame: Frame) -> str:
        if self._deployed is None or frame.lineno is None:
            return ""
        return self._deployed.file(path).line(frame.lineno)


def find_file(frame: Frame, service: Service, snapshot: Snapshot) -> str | None:
    """Return the file that a frame ran from: by prefix, by longest unique suffix, by module.

    Of compiled JavaScript its source is found, of a Java class the file that its package says.
    """
    root = posixpath.join(service.root, "")
    for name in _names(frame):
        if path := _by_prefix(name, root, service, snapshot) or _by_suffix(name, root, snapshot):
            return path
    return _by_module(frame.module, root, snapshot)


def find_built_file(filename: str, service: Service, snapshot: Snapshot) -> str | None:
    """Return the file of just this name: a script that was built and kept, or its source map."""
    root = posixpath.join(service.root, "")
    name = SERVER.sub("", source_name(filename.replace("\\", "/")))
    return _by_prefix(name, root, service, snapshot) or _by_suffix(name, root, snapshot)


def _names(frame: Frame) -> Iterator[str]:
    """Yield what the file may be called in the repository, the likeliest name first."""
    name = SERVER.sub("", source_name(frame.filename.replace("\\", "/")))
    package = (frame.module or "").partition("$")[0].rpartition(".")[0]
    if name.endswith(JAVA) and "/" not in name and package:
        name = f"{package.replace('.', '/')}/{name}"
    yield name
    match = BUILT.search(name)
    if match is None:
        return
    folders, _, last = name[: match.start()].rpartition("/")
    parts = folders.split("/")
    built = [number for number, part in enumerate(parts) if part in BUILT_FOLDERS]
    places = [folders]
    if built:
        head, tail = parts[: built[-1]], parts[built[-1] + 1 :]
        places = ["/".join([*head, "src", *tail]), "/".join([*head, *tail]), folders]
    for place in places:
        for ending in (f"{match['module']}ts", "tsx", f"{match['module']}js", "jsx"):
            yield f"{place}/{last}.{ending}" if place else f"{last}.{ending}"


def _by_prefix(name: str, root: str, service: Service, snapshot: Snapshot) -> str | None:
    for prefix in ("", *service.path_prefixes):
        if not name.startswith(prefix):
            continue
        for start in ("", root):
            path = start + name[len(prefix) :].lstrip("/")
            if path in snapshot.paths:
                return path
    return None


def relocate(file: CodeFile, frame: Frame, context: str) -> tuple[int | None, bool]:
    """Return the frame's line as the file stands now, and whether its text was found there."""
    function = _plain_name(frame.function)
    hint = frame.lineno or 1
    if context:
        same = [number for number, text in enumerate(file.lines, 1) if text.strip() == context]
        inside = [number for number in same if _holds(file, number, function)]
        if inside or same:
            return min(inside or same, key=lambda number: (abs(number - hint), number)), True
    elif frame.lineno and file.line(hint) and _holds(file, hint, function):
        return hint, True
    named = (span for span in file.spans if span.qualified_name.split(".")[-1] == function)
    spans = list(named) if file.worded is None else []
    if not spans and file.tree is None and (defined := _defined(file, function)):
        return min(defined, key=lambda number: (abs(number - hint), number)), False
    if not spans:
        return (min(hint, len(file.lines)), False) if not function and file.lines else (None, False)
    nearest = min(spans, key=lambda span: abs(span.first - hint))
    return min(max(hint, nearest.first), nearest.last), False


def _holds(file: CodeFile, line: int, function: str) -> bool:
    """Whether the line is in a function of this name; comprehensions run under other names."""
    if not file.tree or not function:
        return True
    return any(
        span.first <= line <= span.last and span.qualified_name.split(".")[-1] == function
        for span in file.spans
    )


def _defined(file: CodeFile, function: str) -> list[int]:
    """Return the lines on which a function seems to be defined, going by their words."""
    found = ((number, DEFINITION.match(text)) for number, text in enumerate(file.lines, 1))
    return [number for number, match in found if match and match["name"] == function]


def _plain_name(function: str | None) -> str:
    name = CLOSURE.sub("", (function or "").partition("[")[0])
    name = name.rpartition(".")[2].removeprefix("new ")
    if match := COMPILED_NAME.match(name):
        name = match["of"] or match["plain"]
    return "" if name.startswith("<") else name


def _is_whole_class(frame: Frame, path: str) -> bool:
    """Whether the repository has this very class, however much it sounds like a library's."""
    return path.endswith(JAVA) and "/" in frame.filename and path.endswith(f"/{frame.filename}")


def _is_foreign(frame: Frame) -> bool:
    return not frame.in_app or FOREIGN.search(frame.filename.replace("\\", "/")) is not None


def _by_suffix(name: str, root: str, snapshot: Snapshot) -> str | None:
    parts = name.split("/")
    scored: dict[str, int] = {}
    for path in snapshot.by_name.get(parts[-1], ()):
        shared = _shared_parts(parts, path.split("/"))
        # A bare file name proves nothing where folders contradict it; Kotlin's may be left out.
        known = shared == len(parts) or shared == _own_parts(path) or path.endswith(".kt")
        if shared >= 2 or known:  # noqa: PLR2004 - two names agree
            scored[path] = shared
    if FOREIGN.search(name):
        scored = {path: shared for path, shared in scored.items() if shared > 1}
    best = [path for path, shared in scored.items() if shared == max(scored.values())]
    for keep in (lambda path: path.startswith(root), lambda path: not is_test_path(path)):
        if len(best) > 1:
            best = [path for path in best if keep(path)]
    return best[0] if len(best) == 1 else None


def _own_parts(path: str) -> int:
    """Return how many parts a path has below the folder that is on the import path."""
    for folder in SOURCE_FOLDERS:
        path = path.removeprefix(folder)
    return path.count("/") + 1


def _shared_parts(one: list[str], other: list[str]) -> int:
    shared = 0
    for mine, theirs in zip(reversed(one), reversed(other), strict=False):
        if mine != theirs:
            break
        shared += 1
    return shared


def _by_module(module: str | None, root: str, snapshot: Snapshot) -> str | None:
    if not module or module == "__main__":
        return None
    tail = module.replace(".", "/")
    for start in ("", root, *SOURCE_FOLDERS, *(root + folder for folder in SOURCE_FOLDERS)):
        for path in (f"{start}{tail}.py", f"{start}{tail}/__init__.py"):
            if path in snapshot.paths:
                return path
    return None
