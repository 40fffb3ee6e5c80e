"""What is a test, by the names that the runners of each language look for."""

import re

from suture.index.languages import JVM, SCRIPTS, Language, language_of
from suture.index.symbols import Definition

FOLDERS = frozenset({"tests", "test", "testing", "__tests__", "spec"})
PYTHON_FILE = re.compile(r"test_.*\.py|.*_tests?\.py|conftest\.py")
SCRIPT_FILE = re.compile(r".*[.\-_](test|spec)\.[cm]?[jt]sx?")
JVM_FILE = re.compile(r".*(Test|Tests|TestCase|IT|Spec)\.(java|kt)|Test.*\.(java|kt)")


def is_test_file(path: str) -> bool:
    """Whether a file is there to test."""
    *folders, name = path.split("/")
    language = language_of(path)
    if language is Language.GO:
        return name.endswith("_test.go")
    if not FOLDERS.isdisjoint(folders):
        return True
    if language is Language.PYTHON:
        return PYTHON_FILE.fullmatch(name) is not None
    if language in SCRIPTS:
        return SCRIPT_FILE.fullmatch(name) is not None
    return language in JVM and JVM_FILE.fullmatch(name) is not None


def is_test_function(path: str, definition: Definition) -> bool:
    """Whether a runner would call this function of a test file by itself.

    JavaScript's tests have no names of their own, and the JVM's are marked, not named: there
    every function of a test file counts.
    """
    language = language_of(path)
    if language is Language.PYTHON:
        return definition.simple.startswith("test")
    if language is Language.GO:
        return definition.simple.startswith(("Test", "Fuzz", "Benchmark", "Example"))
    return True
