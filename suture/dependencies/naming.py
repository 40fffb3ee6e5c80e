"""Which package a file, a module or a class belongs to, as far as names tell."""

import re

from suture.dependencies.pins import canonical
from suture.domain.alert import Frame
from suture.domain.evidence import DependencyMove, Ecosystem

MAX_NAME = 300
SHORTEST_PART = 4
SITE = re.compile(r"(?:^|/)(?:site|dist)-packages/(?P<name>[^/]+?)(?:\.py)?(?:/|$)")
MODULES = re.compile(r"(?:^|/)node_modules/(?P<name>@[^/]+/[^/]+|[^@./][^/]*)(?=/)")
GO_CACHED = re.compile(r"(?:^|/)pkg/mod/(?P<name>[^@]+)@")
GO_VENDORED = re.compile(r"(?:^|/)vendor/(?P<name>.+)/[^/]+$")
ESCAPED = re.compile(r"!([a-z])")
IMPORT_NAMES = {
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "crypto": "pycryptodome",
    "cv2": "opencv-python",
    "git": "gitpython",
    "jwt": "pyjwt",
    "mysqldb": "mysqlclient",
    "openssl": "pyopenssl",
    "pil": "pillow",
    "pkg-resources": "setuptools",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
"""Python modules that are called otherwise than the packages that hold them."""


def lies_in(frame: Frame, move: DependencyMove) -> bool:
    """Whether a call was inside a package."""
    path = frame.filename.replace("\\", "/")
    match move.ecosystem:
        case Ecosystem.PYPI:
            found = SITE.search(path)
            return found is not None and _is_python(found["name"], move.name)
        case Ecosystem.NPM:
            names = [found["name"] for found in MODULES.finditer(path)]
            return names[-1:] == [move.name]
        case Ecosystem.GO:
            return _is_go(path, frame.module or frame.function or "", move.name)
        case _:
            return not frame.in_app and _is_java(frame.module or "", move.name)


def is_of(module: str, move: DependencyMove) -> bool:
    """Whether an import means a package or something in it."""
    module = module[:MAX_NAME].strip("\"'")
    match move.ecosystem:
        case Ecosystem.PYPI:
            return _is_python(module.partition(".")[0], move.name)
        case Ecosystem.MAVEN:
            return _is_java(module, move.name)
        case _:
            return f"{module}/".startswith(f"{move.name}/")


def _is_python(module: str, package: str) -> bool:
    name = canonical(module.lstrip("_"))
    if IMPORT_NAMES.get(name, name) == package:
        return True
    parts = package.removeprefix("python-").removesuffix("-python"), package.removeprefix("py")
    return len(name) >= SHORTEST_PART and name in parts


def _is_go(path: str, function: str, module: str) -> bool:
    for pattern in (GO_CACHED, GO_VENDORED):
        if found := pattern.search(path):
            name = ESCAPED.sub(lambda match: match[1].upper(), found["name"])
            return f"{name}/".startswith(f"{module}/")
    return re.match(rf"{re.escape(module)}[./]", function[:MAX_NAME]) is not None


def _is_java(name: str, coordinates: str) -> bool:
    """Compare a class or a package with `group:artifact`; the group alone is many artifacts'."""
    group, _, artifact = coordinates.partition(":")
    parts = name[:MAX_NAME].split(".")
    own = group.split(".")
    words = [word for word in re.split(r"[-._]", artifact) if len(word) >= SHORTEST_PART]
    if parts[: len(own)] == own:
        rest = parts[len(own) :]
        return len(own) > 1 and (not words or own[-1] in words or bool(set(words) & set(rest)))
    return len(own) > 1 and parts[:2] == own[:2] and bool(set(words) & set(parts[2:]))
