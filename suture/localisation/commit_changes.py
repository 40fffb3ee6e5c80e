"""What a commit changed, function by function: comments, white space and docstrings aside.

Python is compared by its syntax tree, other languages by their words and signs, settings and pins
of packages by the words that came and went.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from suture.index.languages import Language, language_of
from suture.localisation.functions import function_nodes, parse_python
from suture.localisation.related import Unit
from suture.localisation.touched import touched_blocks, touched_numbers, touched_units, touches
from suture.localisation.wording import WORD, WordedFile, given_in, words_in
from suture.ports.source import Commit, SourceRepository
from suture.traces.source_map import mapping_url

MAX_FILES = 20
MAX_WORD = 100
MAX_SETTINGS = 200_000
SETTINGS = re.compile(
    r"(?:^|/)(?:package(?:-lock)?\.json|go\.mod|pom\.xml|Dockerfile|Pipfile|Procfile|\.env[.\w]*"
    r"|requirements[\w.-]*\.txt|constraints[\w.-]*\.txt)$"
    r"|\.(?:toml|ya?ml|ini|cfg|conf|properties|gradle|kts|json|env|tf)$"
)

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, kw_only=True)
class UnitForm:
    """What a function, a class's own level or a module's own level means."""

    meaning: str
    words: Counter[str]
    signature: str = ""
    """Of a function: its parameters."""
    given: dict[str, str] = field(default_factory=dict)
    """Names of fields, keys and arguments -> what each is given here."""

    @property
    def body(self) -> str:
        """The meaning without the parameters."""
        return self.meaning.replace(self.signature, "", 1)


NO_FORM = UnitForm(meaning="", words=Counter())


@dataclass
class CommitChanges:
    """Which functions a commit changed, and the words that came or went in each."""

    units: dict[Unit, frozenset[str]] = field(default_factory=dict)
    added: set[Unit] = field(default_factory=set)
    """Those of the units that the commit wrote new; what ran before it is likelier broken by it."""
    gone: dict[Unit, frozenset[str]] = field(default_factory=dict)
    """Words that the commit took away from something that went on to exist."""
    resigned: set[Unit] = field(default_factory=set)
    """Functions of which the commit changed the parameters and nothing else."""
    given: dict[Unit, frozenset[str]] = field(default_factory=dict)
    """Names of fields, keys and arguments that are now given another value, or none."""
    renamed: dict[Unit, frozenset[str]] = field(default_factory=dict)
    """Those whose value another name is given now."""
    other_files: set[str] = field(default_factory=set)
    """Changed files that are no code."""
    settings: dict[str, frozenset[str]] = field(default_factory=dict)
    """Of changed settings and pins of packages: the words that came or went."""


def changes_of(
    commit: Commit,
    repository: SourceRepository,
    wanted: frozenset[str],
    names: frozenset[str] | None = None,
) -> CommitChanges:
    """Compare a commit with its first parent, files that matter first, bounded in number.

    With names, code that does not matter is compared only where the commit touched one of them.
    """
    changes = CommitChanges()
    ordered = sorted(commit.paths, key=lambda path: (path not in wanted, path))
    for path in ordered[:MAX_FILES]:
        new = repository.read_file(commit.sha, path)
        language = language_of(path)
        if new is not None and language is not None and mapping_url(new):
            # Built from sources that are compared themselves.
            language, new = None, None
        if language is None:
            changes.other_files.add(path)
        if new is None:
            continue
        old = _before(commit, path, repository)
        if language is None:
            _compare_settings(path, old, new, changes)
        elif path in wanted or names is None or touches(old, new, names):
            _compare(path, *_touched_units(old, new, path), changes)
    return changes


def _compare_settings(path: str, old: str, new: str, changes: CommitChanges) -> None:
    if SETTINGS.search(path) and max(len(old), len(new)) <= MAX_SETTINGS:
        changes.settings[path] = _changed_words(old, new)


def _touched_units(
    old: str, new: str, path: str
) -> tuple[dict[str, UnitForm], dict[str, UnitForm]]:
    """Return the units of both texts that may differ: the same names of both."""
    if language_of(path) is not Language.PYTHON:
        return units_of(old, path), units_of(new, path)
    for texts in (touched_blocks(old, new), (old, new)):
        before, after = (parse_python(text) for text in texts) if texts else (None, None)
        if before is not None and after is not None and texts is not None:
            here, there = touched_numbers(*texts)
            names = touched_units(before, here) | touched_units(after, there)
            return _python_units(before, names), _python_units(after, names)
    return units_of(old, path), units_of(new, path)


def units_of(source: str, path: str = "module.py") -> dict[str, UnitForm]:
    """Return the meaning of each function, each class's own level and the module's own level."""
    if language_of(path) is not Language.PYTHON:
        return _worded_units(WordedFile(path, source))
    tree = parse_python(source)
    return {} if tree is None else _python_units(tree)


def _python_units(tree: ast.Module, names: frozenset[str] | None = None) -> dict[str, UnitForm]:
    found = {
        name: _form([node]) for name, node in function_nodes(tree) if names is None or name in names
    }
    for name, body in _levels(tree):
        if names is None or name in names:
            found[name] = _form([node for node in body if not isinstance(node, Definition)])
    return found


def _worded_units(file: WordedFile) -> dict[str, UnitForm]:
    found = {}
    for each in (None, *file.symbols.definitions):
        tokens = file.own_tokens(each)
        meaning = "\n".join(token.text for token in tokens)
        found[each.name if each else ""] = UnitForm(
            meaning=meaning, words=words_in(tokens), given=given_in(tokens)
        )
    return found


def _changed_words(old: str, new: str) -> frozenset[str]:
    """Return the words of lines that only one of two texts has."""
    before, after = Counter(old.splitlines()), Counter(new.splitlines())
    lines = (*(before - after), *(after - before))
    return frozenset(word for line in lines for word in WORD.findall(line))


def words_of(node: ast.AST) -> Iterator[str]:
    """Return the names, attributes, arguments and constants of a syntax tree."""
    for each in ast.walk(node):
        for attribute in ("id", "attr", "arg", "name"):
            value = getattr(each, attribute, None)
            if isinstance(value, str):
                yield value
        if isinstance(each, ast.Constant) and isinstance(each.value, str | int | float):
            yield str(each.value)[:MAX_WORD]


def _compare(
    path: str, before: dict[str, UnitForm], after: dict[str, UnitForm], changes: CommitChanges
) -> None:
    for name in before.keys() | after.keys():
        was, now = before.get(name, NO_FORM), after.get(name, NO_FORM)
        if was.meaning == now.meaning:
            continue
        gone, come = was.words - now.words, now.words - was.words
        changes.units[(path, name)] = frozenset(gone) | frozenset(come)
        changes.gone[(path, name)] = frozenset(gone.keys() - now.words.keys())
        _compare_given(was, now, (path, name), changes)
        if not was.meaning:
            changes.added.add((path, name))
        elif was.body == now.body:
            changes.resigned.add((path, name))


def _compare_given(was: UnitForm, now: UnitForm, unit: Unit, changes: CommitChanges) -> None:
    other = {name for name, value in was.given.items() if now.given.get(name) != value}
    come = {value for name, value in now.given.items() if name not in was.given}
    if other:
        changes.given[unit] = frozenset(other)
        gone = (name for name in other if name not in now.given and was.given[name] in come)
        changes.renamed[unit] = frozenset(gone)


def _levels(tree: ast.Module) -> Iterator[tuple[str, list[ast.stmt]]]:
    waiting: list[tuple[str, list[ast.stmt]]] = [("", tree.body)]
    while waiting:
        name, body = waiting.pop()
        yield name, body
        classes = (node for node in body if isinstance(node, ast.ClassDef))
        waiting.extend(
            (f"{name}.{node.name}" if name else node.name, node.body) for node in classes
        )


def _form(nodes: list[ast.stmt]) -> UnitForm:
    meant = [node for node in nodes if not _is_docstring(node)]
    words = Counter(word for node in meant for word in words_of(node))
    signature = "".join(
        ast.dump(node.args)
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    meaning = "\n".join(_meaning(node) for node in meant)
    given = {name: value for node in meant for name, value in _given(node)}
    return UnitForm(meaning=meaning, words=words, signature=signature, given=given)


def _given(node: ast.AST) -> Iterator[tuple[str, str]]:
    for each in ast.walk(node):
        if isinstance(each, ast.keyword) and each.arg:
            yield each.arg, ast.dump(each.value)
        elif isinstance(each, ast.Dict):
            yield from _entries(each)
        elif isinstance(each, ast.Assign):
            stored = (target for target in each.targets if isinstance(target, ast.Attribute))
            yield from ((target.attr, ast.dump(each.value)) for target in stored)


def _entries(node: ast.Dict) -> Iterator[tuple[str, str]]:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant):
            yield str(key.value)[:MAX_WORD], ast.dump(value)


def _meaning(node: ast.stmt) -> str:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return ast.dump(node)
    head = [ast.dump(node.args), *map(ast.dump, node.decorator_list), type(node).__name__]
    body = [ast.dump(each) for each in node.body if not _is_docstring(each)]
    return "\n".join([node.name, *head, *body])


def _is_docstring(node: ast.stmt) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _before(commit: Commit, path: str, repository: SourceRepository) -> str:
    """Return a file as the first parent had it, under its old name if it was moved."""
    if not commit.parents:
        return ""
    parent = commit.parents[0]
    old = repository.read_file(parent, path)
    if old is not None:
        return old
    name = path.rpartition("/")[2]
    for other in commit.paths[:MAX_FILES]:
        same_name = other != path and other.rpartition("/")[2] == name
        if same_name and repository.read_file(commit.sha, other) is None:
            return repository.read_file(parent, other) or ""
    return ""
