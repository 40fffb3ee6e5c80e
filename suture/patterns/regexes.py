"""REPAIR: a regular expression that takes too much, too little, or the wrong place."""

import ast
import re
from collections.abc import Iterable, Iterator

from suture.patterns.complaint import Shape
from suture.patterns.index import last_name, read_names
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.source import Edit, shown

TOKEN = re.compile(
    r"\(\?P<\w{1,40}>|\(\?P=\w{1,40}\)|\(\?<?[=!:a-zA-Z]|\\.|\[\^?\]?(?:\\.|[^\]\\]){0,200}\]|"
    r"\{\d{0,5},?\d{0,5}\}|[\s\S]"
)
"""One piece of a regular expression. Bounded, and without backtracking over alternatives."""
FUNCTIONS = frozenset(
    {"compile", "match", "search", "fullmatch", "findall", "finditer", "split", "sub", "subn"}
)
EDGES = (r"(?<!\S)", r"\b", "^", "$", r"(?!\S)")
REPEATS = {"*": ("+", "*?"), "+": ("*", "+?"), "?": ("*",)}
MAX_PATTERN = 200
MAX_TOKENS = 60


def wrong_regex(scene: Scene) -> Iterator[Suggestion]:
    r"""Anchor a regular expression where words begin or end, or repeat another number of times.

    Before:
        import re
        OPTION = re.compile(r"--?(\w+)")
        def options(text):
            return OPTION.findall(text)
        >>> assert options("--name well-known") == ["name"]
    After:
        import re
        OPTION = re.compile(r"(?<!\S)--?(\w+)")
        def options(text):
            return OPTION.findall(text)
    """
    for spot, node in _expressions(scene):
        start, end = spot.file.span(node)
        text = spot.file.text[start:end]
        opened = re.match(r"[rRbB]{0,2}('''|\"\"\"|'|\")", text)
        plain = opened and text.endswith(opened[1]) and ("r" in opened[0].lower())
        if not opened or not (plain or "\\" not in text) or len(text) > MAX_PATTERN:
            continue
        body = text[opened.end() : -len(opened[1])]
        for at, until, new, fit in _changes(body):
            place = start + opened.end()
            if "\\" in new and not plain:
                continue
            yield Suggestion(
                spot,
                (Edit(place + at, place + until, new),),
                f"Use `{shown(body[:at] + new + body[until:])}` in {spot.where}",
                f"`{shown(body)}` takes what it should not, or leaves out what it should take.",
                fit,
            )


def _changes(body: str) -> Iterator[tuple[int, int, str, float]]:
    """Yield other regular expressions as spans and what to put there."""
    tokens = list(TOKEN.finditer(body))[:MAX_TOKENS]
    for place, token in enumerate(tokens):
        repeats = REPEATS.get(token[0], ()) if place else ()
        for new in repeats:
            yield token.start(), token.end(), new, 0.6
        if token[0] in REPEATS or token[0].startswith("{"):
            continue
        for edge in EDGES:
            first = edge in {"^", "$"} and token.start()
            if not first and (edge != "$" or not place):
                yield token.start(), token.start(), edge, 1.0 if edge[0] == "(" else 0.8
    for edge in EDGES[1:]:
        yield len(body), len(body), edge, 0.8


def _expressions(scene: Scene) -> Iterator[tuple[Spot, ast.Constant]]:
    """Yield regular expressions that suspicious statements have, or read by a name."""
    seen: set[ast.AST] = set()
    for spot in scene.spots:
        names = read_names(spot.nodes) if spot.function else set()
        named = [spot.file.constants[name] for name in sorted(names & spot.file.constants.keys())]
        places = [Spot(spot.file, statement, None, spot.weight) for statement in named]
        for place in (spot, *places):
            for node in _constants(place.nodes):
                if node not in seen:
                    seen.add(node)
                    yield place, node


def _constants(nodes: Iterable[ast.AST]) -> Iterator[ast.Constant]:
    for node in nodes:
        if isinstance(node, ast.Call) and last_name(node.func) in FUNCTIONS and node.args:
            owner = node.func.value if isinstance(node.func, ast.Attribute) else None
            first = node.args[0]
            written = isinstance(first, ast.Constant) and isinstance(first.value, str | bytes)
            if last_name(owner) in {"re", "regex"} and isinstance(first, ast.Constant) and written:
                yield first


ASSERTED = frozenset({Shape.ASSERTION})

PATTERNS = (Pattern("regexes.changed", wrong_regex, 0.55, ASSERTED, 0.45, broad=True),)
