"""Python's: requirements, pyproject.toml, Pipfile, and the locks of uv, Poetry, PDM and Pipenv.

https://packaging.python.org/en/latest/specifications/, https://docs.astral.sh/uv/concepts/projects/
"""

import re
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement

from suture.dependencies.pins import Pins, canonical, gathered, listed, parse_toml, table
from suture.domain.evidence import Ecosystem
from suture.hostile_json import parse_object

MAX_LINE = 2_000
MAX_LINES = 50_000
OPTIONS = re.compile(r"\s--\S.*$")
COMMENT = re.compile(r"(?:^|\s)#.*$")
VIA = re.compile(r"^\s*#\s+(?:via\b)?\s*(?P<by>\S.*)?$")
OWN = re.compile(r"^-r\b|pyproject\.toml|setup\.(?:py|cfg)|\(pyproject|\.in\b")
GROUPS_TABLE = "dependency-groups"
GROUPS = ("dev-dependencies", "dependencies")
OWN_SOURCES = frozenset({"virtual", "editable", "directory"})
INTERPRETER = "python"


def read_requirements(text: str) -> Pins:
    """Read a requirements or constraints file; what pip-tools and uv write of `via` tells more."""
    pairs: list[tuple[object, object]] = []
    direct: set[str] = set()
    last, annotated = "", False
    for line in text.replace("\\\n", " ").split("\n", MAX_LINES)[:MAX_LINES]:
        requirement = _requirement(OPTIONS.sub("", COMMENT.sub("", line[:MAX_LINE])))
        if requirement is not None:
            last = canonical(requirement.name)
            pairs.append((last, _version(requirement)))
        via = VIA.match(line[:MAX_LINE]) if last else None
        if via is not None and "via" in line[:MAX_LINE]:
            annotated = True
        if via is not None and OWN.search(via["by"] or ""):
            direct.add(last)
    versions = gathered(pairs)
    return Pins(
        ecosystem=Ecosystem.PYPI,
        versions=versions,
        direct=frozenset(direct) if annotated else None,
        locked=annotated,
    )


def read_pyproject(text: str) -> Pins:
    """Read what a project and its groups ask for, Poetry's tables among them."""
    data = parse_toml(text)
    pairs: list[tuple[object, object]] = []
    lists = [listed(data, "project", "dependencies")]
    for groups in (table(data, "project", "optional-dependencies"), table(data, GROUPS_TABLE)):
        lists += [each for each in groups.values() if isinstance(each, list)]
    for each in lists:
        found = (_requirement(text) for text in each if isinstance(text, str))
        pairs += [(canonical(one.name), _version(one)) for one in found if one is not None]
    poetry = table(data, "tool", "poetry")
    tables = [table(poetry, name) for name in GROUPS]
    tables += [table(group, "dependencies") for group in table(poetry, "group").values()]
    pairs += [pair for each in tables for pair in _asked(each)]
    versions = gathered(pairs)
    return Pins(ecosystem=Ecosystem.PYPI, versions=versions, direct=frozenset(versions))


def read_pipfile(text: str) -> Pins:
    """Read what a Pipfile asks for."""
    data = parse_toml(text)
    asked = (table(data, "packages"), table(data, "dev-packages"))
    versions = gathered(pair for each in asked for pair in _asked(each))
    return Pins(ecosystem=Ecosystem.PYPI, versions=versions, direct=frozenset(versions))


def read_toml_lock(text: str) -> Pins:
    """Read uv.lock, poetry.lock or pdm.lock: an array of packages."""
    data = parse_toml(text)
    packages = [each for each in listed(data, "package") if isinstance(each, dict)]
    foreign = [each for each in packages if not OWN_SOURCES & table(each, "source").keys()]
    pairs = ((canonical(str(each.get("name", ""))), each.get("version")) for each in foreign)
    own = [each for each in packages if OWN_SOURCES & table(each, "source").keys()]
    direct = frozenset(canonical(name) for each in own for name in _names(each))
    return Pins(
        ecosystem=Ecosystem.PYPI,
        versions=gathered(pairs),
        direct=direct if own else None,
        locked=True,
    )


def read_pipfile_lock(text: str) -> Pins:
    """Read what Pipenv has locked."""
    data = parse_object(text.encode("utf-8", "replace"), what="lock file")
    tables = (table(data, "default"), table(data, "develop"))
    return Pins(
        ecosystem=Ecosystem.PYPI,
        versions=gathered(pair for each in tables for pair in _asked(each)),
        locked=True,
    )


def _requirement(text: str) -> Requirement | None:
    text = text.strip()
    if not text or text.startswith("-"):
        return None
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def _version(requirement: Requirement) -> str:
    return str(requirement.specifier).removeprefix("==")


def _asked(asked: dict[str, object]) -> Iterator[tuple[str, object]]:
    """Yield a table's packages: a version, or a table that holds one."""
    for name, value in asked.items():
        version = table(value).get("version") if isinstance(value, dict) else value
        if canonical(name) != INTERPRETER:
            yield canonical(name), str(version or "").removeprefix("==")


def _names(package: dict[str, object]) -> Iterator[str]:
    groups = [listed(package, "dependencies")]
    for kind in ("dev-dependencies", "optional-dependencies"):
        groups += [each for each in table(package, kind).values() if isinstance(each, list)]
    yield from (str(table(each).get("name", "")) for group in groups for each in group)
