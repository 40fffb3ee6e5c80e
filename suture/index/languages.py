"""The languages whose source can be read, by the ends of file names.

A query per language says what to look for; they are in tree-sitter's own format:
https://tree-sitter.github.io/tree-sitter/using-parsers/queries. Captures: `function` and `class`
with their `name` (and Go's `owner`), `call` and `passed` with their `receiver`, and `module` with
`original` and `local` for imports.
"""

from collections.abc import Callable
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Language as TreeSitterLanguage
    from tree_sitter import Query

# Grammars are loaded where they are first used: a command that reads no source pays nothing.
# ruff: noqa: PLC0415


class Language(StrEnum):
    """What can be read."""

    PYTHON = "python"
    JAVASCRIPT = "javascript"
    TYPESCRIPT = "typescript"
    TSX = "tsx"
    GO = "go"
    JAVA = "java"
    KOTLIN = "kotlin"


ENDS = {
    "py": Language.PYTHON,
    "pyi": Language.PYTHON,
    "js": Language.JAVASCRIPT,
    "jsx": Language.JAVASCRIPT,
    "mjs": Language.JAVASCRIPT,
    "cjs": Language.JAVASCRIPT,
    "ts": Language.TYPESCRIPT,
    "mts": Language.TYPESCRIPT,
    "cts": Language.TYPESCRIPT,
    "tsx": Language.TSX,
    "go": Language.GO,
    "java": Language.JAVA,
    "kt": Language.KOTLIN,
    "kts": Language.KOTLIN,
}
SCRIPTS = (Language.JAVASCRIPT, Language.TYPESCRIPT, Language.TSX)
JVM = (Language.JAVA, Language.KOTLIN)


def language_of(path: str) -> Language | None:
    """Return the language of a file by its name; None for what cannot be read."""
    name = path.rpartition("/")[2]
    return ENDS.get(name.rpartition(".")[2].lower()) if "." in name else None


@cache
def grammar(language: Language) -> "TreeSitterLanguage":
    """Load the grammar of a language."""
    from tree_sitter import Language as Grammar

    return Grammar(GRAMMARS[language]())


@cache
def query(language: Language) -> "Query":
    """Load what to look for in a language."""
    from tree_sitter import Query

    folder = files("suture.index") / "queries"
    texts = [(folder / f"{name}.scm").read_text(encoding="utf-8") for name in QUERIES[language]]
    return Query(grammar(language), "\n".join(texts))


def _python() -> object:
    import tree_sitter_python

    return tree_sitter_python.language()


def _javascript() -> object:
    import tree_sitter_javascript

    return tree_sitter_javascript.language()


def _typescript() -> object:
    import tree_sitter_typescript

    return tree_sitter_typescript.language_typescript()


def _tsx() -> object:
    import tree_sitter_typescript

    return tree_sitter_typescript.language_tsx()


def _go() -> object:
    import tree_sitter_go

    return tree_sitter_go.language()


def _java() -> object:
    import tree_sitter_java

    return tree_sitter_java.language()


def _kotlin() -> object:
    import tree_sitter_kotlin

    return tree_sitter_kotlin.language()


GRAMMARS: dict[Language, Callable[[], object]] = {
    Language.PYTHON: _python,
    Language.JAVASCRIPT: _javascript,
    Language.TYPESCRIPT: _typescript,
    Language.TSX: _tsx,
    Language.GO: _go,
    Language.JAVA: _java,
    Language.KOTLIN: _kotlin,
}
QUERIES: dict[Language, tuple[str, ...]] = {
    Language.PYTHON: ("python",),
    Language.JAVASCRIPT: ("script", "javascript", "jsx"),
    Language.TYPESCRIPT: ("script", "typescript"),
    Language.TSX: ("script", "typescript", "jsx"),
    Language.GO: ("go",),
    Language.JAVA: ("java",),
    Language.KOTLIN: ("kotlin",),
}
