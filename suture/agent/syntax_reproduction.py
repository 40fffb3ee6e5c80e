"""Which tests a model may propose in other languages than Python: plain calls of the project.

A test that throws or reports what it likes could pretend to be the reported failure. So nothing in
it may raise, catch, assert, replace what the project has, or reach anything but the project.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from suture.index.languages import JVM, SCRIPTS, Language
from suture.redaction import MARK
from suture.rewrites.scene import SourceText

if TYPE_CHECKING:
    from tree_sitter import Node

FORBIDDEN = "The test may not"
MAX_SOURCE = 20_000
DIRECTIVES = re.compile(r"sourceMappingURL|sourceURL|//\s*(?:go:|line |export |\+build)|/\*line ")
"""Comments that tell a compiler or a stack trace what to say."""
ERROR_NAME = re.compile(r"\w*(?:Error|Exception|Throwable)")
NAMES = frozenset(
    {
        "identifier",
        "property_identifier",
        "field_identifier",
        "type_identifier",
        "package_identifier",
    }
    | {"shorthand_property_identifier", "simple_identifier", "namespace_identifier"}
)
RUNNERS = frozenset({"node:test", "vitest", "@jest/globals", "mocha"})
GO_IMPORTS = frozenset(
    {"testing", "strings", "bytes", "time", "math", "math/big", "context", "strconv", "sort"}
    | {"slices", "maps", "regexp", "net/url", "encoding/json", "unicode"}
)
JVM_IMPORTS = ("java.util.", "java.time.", "java.math.", "org.junit.", "kotlin.test.")
JVM_NOT = ("java.util.concurrent.", "java.util.logging.", "java.util.prefs.", "java.util.jar.")


@dataclass(frozen=True)
class _Rules:
    """What a family of languages has to say no to."""

    nodes: Mapping[str, str]
    """Kinds of nodes that may not occur, with what they are called."""
    names: frozenset[str]
    imported: Callable[["Node", SourceText], str]
    """Returns what a node imports; empty if it imports nothing."""
    is_open: Callable[[str, str], bool]
    """Whether a test for a path may import that."""
    is_test: Callable[["Node", SourceText], bool]
    is_assigned: Callable[["Node", SourceText], bool]


def objection_to_syntax(path: str, source: str, language: Language, project: str) -> str:
    """Return why a proposed test is not even tried, or nothing.

    `project` is what the imports of the project's own packages begin with: a module of Go, a
    package of the JVM.
    """
    if len(source) > MAX_SOURCE:
        return "The test is too long."
    if MARK in source:
        return f"{MARK} stands for a secret and is no value."
    if DIRECTIVES.search(source):
        return f"{FORBIDDEN} hold comments for compilers."
    file = SourceText(path, source, language)
    if file.tree is None or file.tree.root_node.has_error:
        return "The test does not parse."
    rules = RULES[language]
    if sum(rules.is_test(node, file) for node in file.nodes) != 1:
        return "Write exactly one test."
    return next(_objections(file, rules, project), "")


def _objections(file: SourceText, rules: _Rules, project: str) -> Iterator[str]:
    for node in file.nodes:
        if node.type in rules.nodes:
            yield f"{FORBIDDEN} use {rules.nodes[node.type]}: it may only call the project."
        elif node.type in NAMES:
            name = file.text_of(node)
            if name in rules.names or ERROR_NAME.fullmatch(name):
                yield f"{FORBIDDEN} use {name}."
        if rules.is_assigned(node, file):
            yield f"{FORBIDDEN} replace what the project has."
        module = rules.imported(node, file)
        if module and not rules.is_open(module, project):
            yield f"{FORBIDDEN} import {module[:100]}."


def _string(node: "Node | None", file: SourceText) -> str:
    return file.text_of(node).strip("\"'`") if node is not None else ""


def _script_import(node: "Node", file: SourceText) -> str:
    if node.type == "import_statement":
        return _string(node.child_by_field_name("source"), file)
    if node.type != "call_expression":
        return ""
    function, arguments = (node.child_by_field_name(name) for name in ("function", "arguments"))
    if function is None or file.text_of(function) not in {"require", "import"}:
        return ""
    given = arguments.named_children if arguments is not None else []
    plain = len(given) == 1 and given[0].type == "string" and function.type == "identifier"
    return _string(given[0], file) if plain else "what is worked out"


def _script_open(module: str, _: str) -> bool:
    return module.startswith(("./", "../", "@/", "~/", "src/")) or module in RUNNERS


def _script_test(node: "Node", file: SourceText) -> bool:
    function = node.child_by_field_name("function") if node.type == "call_expression" else None
    return function is not None and file.text_of(function) in {"test", "it"}


def _script_assigned(node: "Node", file: SourceText) -> bool:
    if node.type not in {"assignment_expression", "augmented_assignment_expression"}:
        return node.type == "unary_expression" and file.text_of(node).startswith("delete")
    left = node.child_by_field_name("left")
    return left is None or left.type != "identifier"


def _go_import(node: "Node", file: SourceText) -> str:
    return _string(node.child_by_field_name("path"), file) if node.type == "import_spec" else ""


def _go_open(module: str, project: str) -> bool:
    own = bool(project) and f"{module}/".startswith(f"{project}/")
    return own or module in GO_IMPORTS


def _go_test(node: "Node", file: SourceText) -> bool:
    if node.type != "function_declaration":
        return False
    name = node.child_by_field_name("name")
    return name is not None and file.text_of(name).startswith("Test")


def _go_assigned(node: "Node", file: SourceText) -> bool:
    if node.type != "assignment_statement":
        return False
    left = node.child_by_field_name("left")
    return left is None or any(file.text_of(each) != "_" for each in left.named_children)


def _jvm_import(node: "Node", file: SourceText) -> str:
    if node.type not in {"import_declaration", "import"} or not node.is_named:
        return ""
    words = file.text_of(node).rstrip(";").split()
    return " ".join(word for word in words if word not in {"import", "static"}).partition(" ")[0]


def _jvm_open(module: str, project: str) -> bool:
    own = bool(project) and f"{module}.".startswith(f"{project}.")
    return own or (module.startswith(JVM_IMPORTS) and not module.startswith(JVM_NOT))


def _jvm_test(node: "Node", file: SourceText) -> bool:
    return node.type in {"marker_annotation", "annotation"} and file.text_of(node) == "@Test"


def _jvm_assigned(node: "Node", file: SourceText) -> bool:
    if node.type not in {"assignment_expression", "assignment"}:
        return False
    left = node.child_by_field_name("left") or next(iter(node.named_children), None)
    return left is None or not re.fullmatch(r"\w+", file.text_of(left))


SCRIPT_RULES = _Rules(
    nodes={
        "throw_statement": "`throw`",
        "try_statement": "`try`",
        "export_statement": "`export`",
        "decorator": "decorators",
        "class_declaration": "classes",
        "with_statement": "`with`",
    },
    names=frozenset(
        {"eval", "Function", "Proxy", "Reflect", "globalThis", "global", "process", "window"}
        | {"prototype", "__proto__", "constructor", "defineProperty", "defineProperties"}
        | {
            "setPrototypeOf",
            "prepareStackTrace",
            "captureStackTrace",
            "jest",
            "vi",
            "mock",
            "sinon",
        }
        | {"skip", "todo", "fails", "only", "each", "expect", "assert", "console", "reject"}
        | {"setTimeout", "setInterval", "setImmediate", "queueMicrotask", "spyOn", "module"}
    ),
    imported=_script_import,
    is_open=_script_open,
    is_test=_script_test,
    is_assigned=_script_assigned,
)
GO_RULES = _Rules(
    nodes={"defer_statement": "`defer`", "go_statement": "`go`"},
    names=frozenset(
        {"panic", "recover", "print", "println", "init", "TestMain", "Fatal", "Fatalf", "Error"}
        | {"Errorf", "Fail", "FailNow", "Skip", "Skipf", "SkipNow", "Log", "Logf", "Cleanup"}
        | {"Setenv", "Chdir"}
    ),
    imported=_go_import,
    is_open=_go_open,
    is_test=_go_test,
    is_assigned=_go_assigned,
)
JVM_RULES = _Rules(
    nodes={
        "throw_statement": "`throw`",
        "throw_expression": "`throw`",
        "try_statement": "`try`",
        "try_with_resources_statement": "`try`",
        "try_expression": "`try`",
        "assert_statement": "`assert`",
        "static_initializer": "static blocks",
    },
    names=frozenset(
        {"System", "Runtime", "Thread", "Class", "ClassLoader", "Unsafe", "getClass", "javaClass"}
        | {"setAccessible", "forName", "reflect", "Proxy", "fail", "expected", "Disabled", "Ignore"}
        | {"Mockito", "mock", "Assert", "Assertions", "Assume", "Assumptions", "error", "require"}
        | {"check", "TODO", "runCatching", "ProcessBuilder", "invoke"}
    ),
    imported=_jvm_import,
    is_open=_jvm_open,
    is_test=_jvm_test,
    is_assigned=_jvm_assigned,
)
RULES: dict[Language, _Rules] = {
    **dict.fromkeys(SCRIPTS, SCRIPT_RULES),
    **dict.fromkeys(JVM, JVM_RULES),
    Language.GO: GO_RULES,
}
