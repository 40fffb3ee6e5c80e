"""What the toolchains of JavaScript and TypeScript share: scripts, packages and file names.

Sources: https://docs.npmjs.com/cli/v10/using-npm/scripts and `package-json`.
"""

import re
import shlex
from collections.abc import Sequence

from pydantic import Field, JsonValue

from suture.domain.value import Value
from suture.errors import InvalidInput
from suture.hostile_json import parse_object
from suture.toolchain.model import Invocation, Project, SetUp
from suture.toolchain.shell import program_at, segments, with_leading_options, with_options

PACKAGES = "/env/node"
SCRIPT = re.compile(
    r"^\s*(?:npm(?:\s+--?\S+)*\s+(?:(?:run|run-script)(?:\s+--?\S+)*\s+(?P<npm>[\w:.-]+)|test|t|tst)"
    r"|(?:yarn|pnpm|bun)\s+(?:run\s+)?(?P<other>[\w:.-]+))(?P<rest>\s[^\n]*)?$"
)
DEPENDENCIES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
MAX_INDIRECTION = 5
JAVASCRIPT = re.compile(r"\.(?:[cm]?[jt]sx?)$")

LINKED = f"""\
export CI=true NO_COLOR=1 FORCE_COLOR=0 npm_config_update_notifier=false
if [ -d {PACKAGES} ]; then
  (cd {PACKAGES} && find . -name node_modules -prune -type d) | while IFS= read -r place; do
    mkdir -p "$place" && ls -A "$place" | grep -q . && continue
    find "{PACKAGES}/$place" -mindepth 1 -maxdepth 1 ! -type l -exec ln -s -t "$place" {{}} +
    find "{PACKAGES}/$place" -mindepth 1 -maxdepth 1 -type l -exec cp -P -t "$place" {{}} +
  done
fi
export PATH="$PWD/node_modules/.bin:$PATH"
"""
"""Puts the installed packages where Node.js looks for them; the directories can be written to."""

KEPT = f"""
mkdir -p {PACKAGES}
find . -name node_modules -prune -type d -print0 | tar -c --null -T - | tar -x -C {PACKAGES}
"""


class Package(Value):
    """What a package.json says, as far as it matters here."""

    scripts: dict[str, str] = Field(default_factory=dict)
    dependencies: frozenset[str] = frozenset()
    workspaces: bool = False
    jest: bool = False
    """It holds jest's configuration."""


def package_of(project: Project) -> Package:
    """Return the service's package.json; an empty one if there is none that can be read."""
    try:
        found = parse_object(project.manifests.get("package.json", "{}").encode("utf-8", "replace"))
    except InvalidInput:
        return Package()
    scripts = _table(found, "scripts")
    return Package(
        scripts={name: text for name, text in scripts.items() if isinstance(text, str)},
        dependencies=frozenset(name for kind in DEPENDENCIES for name in _table(found, kind)),
        workspaces="workspaces" in found,
        jest="jest" in found,
    )


def _table(of: dict[str, JsonValue], name: str) -> dict[str, JsonValue]:
    found = of.get(name)
    return found if isinstance(found, dict) else {}


def script_of(project: Project) -> str:
    """Return the shell command behind the test command: the package's own script, if it is one."""
    scripts = package_of(project).scripts
    command = project.test_command or ("npm test" if "test" in scripts else "")
    for _ in range(MAX_INDIRECTION):
        match = SCRIPT.match(command)
        if match is None:
            break
        name = match["npm"] or match["other"] or "test"
        if name not in scripts:
            break
        rest = (match["rest"] or "").strip().removeprefix("-- ").strip()
        command = f"{scripts[name]} {rest}".strip()
    return command


def starts(command: str, programs: frozenset[str]) -> bool:
    """Whether a shell command starts one of the programs."""
    return any(program_at(part.words, programs) is not None for part in segments(command))


def set_up_of(project: Project) -> SetUp:
    """Return how the packages are installed, by the lock file that is there."""
    package = package_of(project)
    if not (package.dependencies or package.workspaces):
        return SetUp(command="", python=False)
    files = frozenset(project.files)
    if files & {"package-lock.json", "npm-shrinkwrap.json"}:
        # npm writes lock files that its own `ci` refuses: https://github.com/npm/cli/issues/4828.
        command = "npm ci --no-audit --no-fund || npm install --no-audit --no-fund"
    elif "pnpm-lock.yaml" in files:
        command = "pnpm install --frozen-lockfile"
    elif "yarn.lock" in files:
        command = "yarn install --frozen-lockfile"
    else:
        command = "npm install --no-audit --no-fund --no-package-lock"
    return SetUp(command=f"{command}{KEPT}", python=False)


def invocation(
    command: str, chosen: Sequence[str] = (), files: dict[str, str] | None = None
) -> Invocation:
    """Return the run of a shell command with the packages in place."""
    text = f"{LINKED}{command}"
    return Invocation(argv=("sh", "-c", text), files=files or {}, chosen=tuple(chosen))


def command_with(
    project: Project, programs: frozenset[str], options: Sequence[str], *, leading: bool = False
) -> str | None:
    """Return the project's own test command with options for the runner; None without one."""
    command = script_of(project)
    add = with_leading_options if leading else with_options
    return add(command, programs, options)


def command_for(
    project: Project, programs: frozenset[str], files: Sequence[str], default: str
) -> str:
    """Return the command that runs these files, with the runner's own options kept."""
    for part in reversed(segments(script_of(project))):
        place = program_at(part.words, programs)
        if place is not None:
            words = part.words
            kept = [word for word in _options(words[place + 1 :]) if "$" not in word]
            return shlex.join([*words[: place + 1], *kept, *files])
    return f"{default} {shlex.join(files)}"


def _options(words: Sequence[str]) -> list[str]:
    """Return the words that are no paths of tests: options, their values and subcommands."""
    kept: list[str] = []
    before = ""
    for word in words:
        is_value = before.startswith("-") and "=" not in before
        looks_like_path = "/" in word or "*" in word or JAVASCRIPT.search(word) is not None
        if word.startswith("-") or is_value or not looks_like_path:
            kept.append(word)
        before = word
    return kept


def files_of(node_ids: Sequence[str]) -> tuple[str, ...]:
    """Return the files that hold these tests, each once."""
    named = (node_id.partition("::")[0] for node_id in node_ids)
    return tuple(dict.fromkeys(name for name in named if name and not name.startswith("-")))
