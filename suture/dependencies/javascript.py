"""npm's: package.json and the locks of npm, Yarn and pnpm.

https://docs.npmjs.com/cli/configuring-npm/package-lock-json, https://yarnpkg.com,
https://github.com/pnpm/spec/tree/master/lockfile
"""

import re
from collections.abc import Iterator

from suture.dependencies.pins import Pins, gathered, table
from suture.domain.evidence import Ecosystem
from suture.hostile_json import parse_object

KINDS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
INSTALLED = "node_modules/"
MAX_NESTED = 50_000
MAX_LINE = 4_000
YARN_KEY = re.compile(r"^\"?(?P<name>@?[^@\"\s]{1,200})@")
YARN_VERSION = re.compile(r"^ {2}version:? \"?(?P<version>[^\"\s]{1,100})\"?$")
PNPM_STEP = 2
PNPM_LINE = re.compile(
    r"^(?P<indent> *+)(?P<quote>['\"]?)(?P<key>[^'\":\s]{1,300})(?P=quote):(?:\s|$)"
)
PNPM_KEY = re.compile(r"^/?(?P<name>@?[^@/]+(?:/[^@/]+)?)[@/](?P<version>\d[^(_]*)")


def read_package_json(text: str) -> Pins:
    """Read what a package asks for."""
    data = _object(text)
    versions = gathered(pair for kind in KINDS for pair in table(data, kind).items())
    return Pins(ecosystem=Ecosystem.NPM, versions=versions, direct=frozenset(versions))


def read_package_lock(text: str) -> Pins:
    """Read package-lock.json and npm-shrinkwrap.json, of npm 7 and later or of those before."""
    data = _object(text)
    packages = table(data, "packages")
    own = table(packages, "")
    direct = frozenset(name for kind in KINDS for name in table(own, kind))
    pairs = _installed(packages) if packages else _nested(table(data, "dependencies"))
    return Pins(
        ecosystem=Ecosystem.NPM,
        versions=gathered(pairs),
        direct=direct if packages else None,
        locked=True,
    )


def read_yarn_lock(text: str) -> Pins:
    """Read yarn.lock, which is YAML only since Yarn 2; both put a version below its names."""
    pairs = []
    name = ""
    for line in text.split("\n"):
        if line and not line[0].isspace():
            match = YARN_KEY.match(line[:MAX_LINE])
            name = match["name"] if match else ""
        elif name and (version := YARN_VERSION.match(line[:MAX_LINE].rstrip())):
            if not version["version"].startswith("0.0.0-use.local"):
                pairs.append((name, version["version"]))
            name = ""
    return Pins(ecosystem=Ecosystem.NPM, versions=gathered(pairs), locked=True)


def read_pnpm_lock(text: str) -> Pins:
    """Read pnpm-lock.yaml by its lines, as pnpm writes them: YAML can nest without end."""
    pairs: list[tuple[object, object]] = []
    direct: set[str] = set()
    section, asked = "", -1
    for line in text.split("\n"):
        match = PNPM_LINE.match(line[:MAX_LINE])
        if match is None:
            continue
        depth, key = len(match["indent"]), match["key"]
        section = key if depth == 0 else section
        if section == "packages":
            found = PNPM_KEY.match(key) if depth == PNPM_STEP else None
            pairs += [(found["name"], found["version"])] if found else []
        elif depth <= asked or asked < 0:
            asked = depth if key in KINDS else -1
        elif depth == asked + PNPM_STEP:
            direct.add(key)
    return Pins(
        ecosystem=Ecosystem.NPM,
        versions=gathered(pairs),
        direct=frozenset(direct) or None,
        locked=True,
    )


def _installed(packages: dict[str, object]) -> Iterator[tuple[str, object]]:
    for path, value in packages.items():
        if INSTALLED in path and not table(value).get("link"):
            yield path.rpartition(INSTALLED)[2], table(value).get("version")


def _nested(dependencies: dict[str, object]) -> Iterator[tuple[str, object]]:
    waiting = [dependencies]
    seen = 0
    while waiting and seen < MAX_NESTED:
        for name, value in waiting.pop().items():
            seen += 1
            yield name, table(value).get("version")
            waiting.append(table(value, "dependencies"))


def _object(text: str) -> dict[str, object]:
    return {**parse_object(text.encode("utf-8", "replace"), what="manifest")}
