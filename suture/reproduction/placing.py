"""Where a new regression test of another language than Python stands, and what it is called."""

import re
from collections.abc import Callable

from suture.domain.service import ToolchainName
from suture.domain.value import Value
from suture.index.languages import JVM, SCRIPTS, Language, language_of
from suture.index.testing import is_test_file
from suture.toolchain.model import Project
from suture.toolchain.node_runners import RUNNERS

MODULE = re.compile(r"^module\s+(\S{1,300})", re.MULTILINE)
GO_PACKAGE = re.compile(r"^package\s+(\w{1,100})", re.MULTILINE)
JVM_PACKAGE = re.compile(r"^package\s+([\w.]{1,300})", re.MULTILINE)
TEST_END = re.compile(r"[.\-_](?:test|spec)\.[cm]?[jt]sx?$")
SHORT = 8


class TestPlace(Value):
    """A new test file. Its path is relative to the service's root."""

    __test__ = False

    path: str
    node_id: str
    """What the file's test is selected by."""
    language: Language
    project: str = ""
    """What imports of the project's own begin with."""
    hint: str
    """How to write it, in a sentence for whoever does."""


def place_for(
    toolchain: ToolchainName, project: Project, crash: str, source: str, digest: str
) -> TestPlace | None:
    """Return where a test of the function that crashed goes; None where nobody could tell.

    `crash` is the path of the file that crashed, relative to the service's root, and `source` its
    text. The same digest gives the same place.
    """
    language = language_of(crash)
    find = PLACES.get(toolchain)
    if language is None or find is None:
        return None
    place = find(project, crash, source, digest[:SHORT])
    fits = place is not None and _family(place.language) == _family(language)
    return place if fits and place is not None and place.path not in project.files else None


def _script(project: Project, crash: str, _: str, short: str) -> TestPlace | None:
    if language_of(crash) not in SCRIPTS:
        return None
    tests = [
        path
        for path in project.files
        if is_test_file(path) and language_of(path) in SCRIPTS and "node_modules/" not in path
    ]
    named = [path for path in tests if TEST_END.search(path)]
    ending = TEST_END.search(_nearest(named, crash))
    end = ending.group() if ending else f".test.{crash.rpartition('.')[2]}"
    folder = _nearest(tests, crash).rpartition("/")[0] if tests else "test"
    path = f"{folder}/reported-{short}{end}".lstrip("/")
    language = language_of(path) or Language.JAVASCRIPT
    hint = f"It will stand at `{path}`; import the project by paths relative to that."
    return TestPlace(path=path, node_id=path, language=language, hint=hint)


def _go(project: Project, crash: str, source: str, short: str) -> TestPlace | None:
    module = MODULE.search(project.manifests.get("go.mod", ""))
    package = GO_PACKAGE.search(source)
    if module is None or package is None:
        return None
    folder = crash.rpartition("/")[0]
    where = f"{module[1]}/{folder}".rstrip("/")
    path = f"{folder}/reported_{short}_test.go".lstrip("/")
    name = f"TestReported{short.capitalize()}"
    hint = (
        f"It will stand at `{path}`, in `package {package[1]}`, and its one function must be "
        f"`func {name}(t *testing.T)`."
    )
    return TestPlace(
        path=path,
        node_id=f"{where}::{name}",
        language=Language.GO,
        project=module[1],
        hint=hint,
    )


def _jvm(project: Project, crash: str, source: str, short: str) -> TestPlace | None:
    language = language_of(crash)
    if language not in JVM or "/main/" not in f"/{crash}":
        return None
    package = JVM_PACKAGE.search(source)
    name = f"Reported{short.capitalize()}Test"
    folder = f"/{crash}".rpartition("/main/")
    end = crash.rpartition(".")[2]
    inside = folder[2].rpartition("/")[0]
    path = f"{folder[0]}/test/{inside}/{name}.{end}".replace("//", "/").lstrip("/")
    told = "\n".join(project.manifests.values())
    jupiter = "jupiter" in told or "useJUnitPlatform" in told
    runner = "org.junit.jupiter.api.Test" if jupiter else "org.junit.Test"
    own = package[1] if package else ""
    hint = (
        f"It will stand at `{path}`, {f'in package `{own}`, ' if own else ''}as class `{name}` "
        f"with one method that has `@Test` of `{runner}`."
    )
    return TestPlace(
        path=path,
        node_id=f"{own}.{name}".lstrip("."),
        language=language,
        project=".".join(own.split(".")[:2]),
        hint=hint,
    )


def _nearest(paths: list[str], crash: str) -> str:
    """Return the path that shares most folders with another; the first of equals."""
    folders = crash.split("/")[:-1]

    def shared(path: str) -> int:
        pairs = zip(path.split("/")[:-1], folders, strict=False)
        return sum(1 for one, other in pairs if one == other)

    return max(sorted(paths), key=shared, default="")


def _family(language: Language) -> str:
    if language in SCRIPTS:
        return "script"
    return "jvm" if language in JVM else language.value


Find = Callable[[Project, str, str, str], TestPlace | None]
PLACES: dict[ToolchainName, Find] = {
    **dict.fromkeys(RUNNERS, _script),
    ToolchainName.GO: _go,
    ToolchainName.MAVEN: _jvm,
    ToolchainName.GRADLE: _jvm,
}
