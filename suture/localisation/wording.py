"""What the functions of a file mean in languages that have no parser here: their words and signs.

Comments, white space, kinds of quotes, semicolons and trailing commas do not count, so that a
commit that only formats or explains changes nothing.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from suture.index.languages import SCRIPTS, language_of
from suture.index.reading import read_symbols
from suture.index.symbols import Definition, FileSymbols, SymbolKind
from suture.localisation.functions import lines_of

MAX_CHARACTERS = 400_000
MAX_WORD = 100
TOKEN = re.compile(
    r"//[^\n]*"
    r"|/\*(?:[^*]|\*(?!/))*+(?:\*/)?"
    r'|"(?:\\.|[^"\\\n])*+"?'
    r"|'(?:\\.|[^'\\\n])*+'?"
    r"|`(?:\\.|[^`\\])*+`?"
    r"|[\w$]+|[^\w\s]",
    re.DOTALL,
)
WORD = re.compile(r"[A-Za-z_$][\w$]*+|\d++")
QUOTES = "\"'`"
OPENERS = frozenset("([{")
CLOSERS = frozenset(")]}")
MAX_GIVEN = 60
KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        "async await break case catch chan class const continue default defer delete do else enum "
        "export extends final finally for from func function go goto if implements import in "
        "interface let map new of package private protected public range return select static "
        "struct super switch this throw throws try type typeof val var void when while with yield "
        "fun true false null nil undefined string int bool error float64 any byte int64",
    )
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a sign or a text in quotes; comments are none."""

    text: str
    line: int


class WordedFile:
    """A file whose functions are known by where they stand."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text[:MAX_CHARACTERS]
        self.lines = lines_of(text)

    @cached_property
    def symbols(self) -> FileSymbols:
        """What it defines, calls and imports."""
        return read_symbols(self.path, self.text.encode())

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """Everything that means something, in order."""
        return tuple(_meant(self.text, loose=language_of(self.path) in SCRIPTS))

    def tokens_on(self, first: int, last: int) -> tuple[Token, ...]:
        """Return the tokens that begin on these lines."""
        return tuple(token for token in self.tokens if first <= token.line <= last)

    def own_tokens(self, definition: Definition | None) -> tuple[Token, ...]:
        """Return what stands in a definition and in no definition inside it.

        None stands for the file's own level. What is nested in a function is the function's own.
        """
        if definition is not None and definition.kind is SymbolKind.FUNCTION:
            return self.tokens_on(definition.first, definition.last)
        first, last = (definition.first, definition.last) if definition else (1, len(self.lines))
        inner = [
            each
            for each in self.symbols.definitions
            if each is not definition and first <= each.first and each.last <= last
        ]
        covered = {line for each in inner for line in range(each.first, each.last + 1)}
        return tuple(each for each in self.tokens_on(first, last) if each.line not in covered)


def words_in(tokens: tuple[Token, ...]) -> Counter[str]:
    """Count names and the words of texts; keywords say nothing."""
    found = (
        word[:MAX_WORD]
        for token in tokens
        for word in WORD.findall(token.text)
        if word not in KEYWORDS
    )
    return Counter(found)


def given_in(tokens: tuple[Token, ...]) -> dict[str, str]:
    """Return names of fields and keys with what each is given, up to the end of its line."""
    found = {}
    for at in range(1, len(tokens) - 1):
        name, sign = tokens[at - 1].text.strip(QUOTES), tokens[at].text
        field = sign == ":" and tokens[at + 1].text != "="
        attribute = sign == "=" and at > 1 and tokens[at - 2].text == "."
        if (field or attribute) and name.isidentifier() and name not in KEYWORDS:
            found[name] = _rest_of_line(tokens, at + 1)
    return found


def reads_in(tokens: tuple[Token, ...]) -> frozenset[str]:
    """Return the names of fields and keys that these tokens read."""
    found = set()
    for at in range(1, len(tokens)):
        before, text = tokens[at - 1].text, tokens[at].text
        name = text.strip(QUOTES)
        if (before == "." or (before == "[" and text != name)) and name.isidentifier():
            found.add(name)
    return frozenset(found)


def _rest_of_line(tokens: tuple[Token, ...], start: int) -> str:
    rest, depth = [], 0
    for token in tokens[start : start + MAX_GIVEN]:
        depth += (token.text in OPENERS) - (token.text in CLOSERS)
        if depth < 0 or (not depth and token.text == ",") or token.line != tokens[start].line:
            break
        rest.append(token.text)
    return " ".join(rest)


def _meant(text: str, *, loose: bool) -> Iterator[Token]:
    line, at = 1, 0
    held: Token | None = None
    for match in TOKEN.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        found = match.group()
        if found.startswith(("//", "/*")) or (loose and found == ";"):
            continue
        if held is not None and found not in CLOSERS:
            yield held
        held = None
        if found == ",":
            # A comma before a bracket that closes is a matter of taste.
            held = Token(found, line)
            continue
        if loose and found[0] in QUOTES[:2] and len(found) > 1:
            found = f"'{found[1:-1]}'"
        yield Token(found, line)
