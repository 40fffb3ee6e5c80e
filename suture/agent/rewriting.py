"""Puts a whole new function in an old one's place, found by the syntax tree and not by its text.

Everything outside the function stays byte for byte. Decorators stay, indentation and line ends
are the file's own.
"""

import ast

from suture.agent.refusals import UNCHANGED, CannotRewrite
from suture.agent.source_block import Block, read_block
from suture.agent.syntax_rewriting import rewrite_by_syntax
from suture.index.languages import Language, language_of
from suture.localisation.functions import FunctionNode, function_nodes, parse_python
from suture.patterns.source import Edit, SourceFile
from suture.secret_forms import MARK

MAX_NAMES = 30


def rewrite_function(path: str, content: str, name: str, source: str) -> str:
    """Return the file with the function replaced.

    Raises:
        CannotRewrite: there is no such function, or the source is not exactly one.
    """
    language = language_of(path)
    if language not in {Language.PYTHON, None}:
        return rewrite_by_syntax(path, content, name, source, language)
    file = SourceFile.parse(path, content)
    if file is None:
        raise CannotRewrite(f"{path} is no file whose functions can be read: use `replace_text`.")
    old = _find(file, name)
    block = read_block(source)
    if block is None:
        raise CannotRewrite("The source must be exactly one whole function that parses.")
    _check(old, block, source)
    start, end = file.whole_lines(old.lineno, old.end_lineno or old.lineno)
    lines = block.lines_for(file.indent(old) if not old.decorator_list else _indent(file, old))
    last = file.text[start:end]
    ending = file.newline if last.endswith(("\n", "\r")) else ""
    text = file.newline.join(lines) + ending
    return _checked(file.apply((Edit(start, end, text),)), content)


def add_import(path: str, content: str, statement: str) -> str:
    """Return the file with an import after those at its top.

    Raises:
        CannotRewrite: it is no import of one line.
    """
    file = SourceFile.parse(path, content)
    if file is None:
        raise CannotRewrite(f"{path} is no Python file that can be edited.")
    tree = parse_python(statement.strip())
    one = tree is not None and len(tree.body) == 1 and "\n" not in statement.strip()
    if tree is None or not one or not isinstance(tree.body[0], ast.Import | ast.ImportFrom):
        raise CannotRewrite("Give one import statement on one line.")
    wanted = ast.dump(tree.body[0])
    if any(ast.dump(node) == wanted for node in file.tree.body):
        raise CannotRewrite("The file imports that already.")
    line = _import_line(file)
    at = file.whole_lines(1, line)[1] if line else 0
    joint = "" if not line or file.text[:at].endswith(("\n", "\r")) else file.newline
    return _checked(
        file.apply((Edit(at, at, f"{joint}{statement.strip()}{file.newline}"),)), content
    )


def _find(file: SourceFile, name: str) -> FunctionNode:
    named = function_nodes(file.tree)
    found = [node for qualified, node in named if qualified == name]
    if not found:
        known = ", ".join(qualified for qualified, _ in named[:MAX_NAMES])
        raise CannotRewrite(f"{file.path} has no function {name!r}. It has: {known or 'none'}.")
    if len(found) > 1:
        raise CannotRewrite(f"{file.path} has {len(found)} functions named {name!r}.")
    return found[0]


def _check(old: FunctionNode, block: Block, source: str) -> None:
    new = block.node
    if new.name != old.name:
        raise CannotRewrite(f"The source defines {new.name!r} instead of {old.name!r}.")
    given = [ast.dump(each) for each in new.decorator_list]
    if given and given != [ast.dump(each) for each in old.decorator_list]:
        raise CannotRewrite("Decorators stay as they are: leave them out.")
    if MARK in source:
        raise CannotRewrite(f"{MARK} stands for a secret and is no code: do not rewrite that line.")


def _indent(file: SourceFile, node: FunctionNode) -> str:
    line = file.lines[node.lineno - 1]
    return line[: len(line) - len(line.lstrip(" \t\f"))]


def _import_line(file: SourceFile) -> int:
    """Return the line after which an import belongs; 0 for the very top."""
    body = file.tree.body
    line = 0
    for number, node in enumerate(body):
        text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not isinstance(node, ast.Import | ast.ImportFrom) and not (text and number == 0):
            break
        line = node.end_lineno or node.lineno
    return line or _comment_lines(file)


def _comment_lines(file: SourceFile) -> int:
    """Return how many lines of comments, such as a licence or `#!`, head the file."""
    count = 0
    for text in file.lines:
        if not text.startswith("#"):
            break
        count += 1
    return count


def _checked(changed: str, content: str) -> str:
    if changed == content:
        raise CannotRewrite(UNCHANGED)
    if parse_python(changed.removeprefix("\ufeff")) is None:
        raise CannotRewrite("The file would no longer parse.")
    return changed
