"""Takes secrets out of what production reported, before anybody or anything reads it.

A secret is known by the name it is stored under, or by its form. Everything else stays byte for
byte: captured argument values are used later to rebuild the failing call. All patterns take time
linear in the text, and scrubbing twice changes nothing more.
"""

import re
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from suture.secret_forms import MARK, scrub_forms
from suture.secret_names import Secrecy, secrecy_of

__all__ = ["MARK", "scrub", "scrub_code", "scrub_json"]

MAX_DEPTH = 100
TOO_DEEP = "[too deep]"
PAIR = 2

KEY = re.compile(
    r"(?<![\w.-])-{0,2}(?P<key>[A-Za-z_][\w.-]{0,119}+)(?:\\{0,4}[\"'])?\]?[ \t]{0,2}"
    r"(?P<sign>=>|:=|=(?!=)|:(?!:))[ \t]{0,2}"
)
OPTION = re.compile(
    r"(?<![\w-])--(?P<key>[A-Za-z][\w-]{0,119}+)"
    r"(?:[\"']?,?[ \t]{1,2}[\"'](?P<quoted>[^\"'\r\n]++)"
    r"|[ \t]{1,2}(?P<bare>[^\s,;&)\]'\"\[(<-]\S*+))"
)
PROSE = frozenset(
    {"is", "was", "are", "and", "or", "for", "with", "to", "in", "of", "on", "as", "has", "not",
     "option", "options", "argument", "flag", "value", "must", "may", "can", "cannot", "needs",
     "requires", "required", "expects", "missing"}
)  # fmt: skip
"""What follows an option in a sentence rather than in a command."""
QUOTED = re.compile(
    r"(?P<open>(?:[A-Za-z_][\w.]{0,60}+\()?[bBrRuUfF]{0,2}(?P<quote>[\"']))"
    r"(?P<body>(?:(?!(?P=quote))[^\\\r\n]|\\.)*+)"
)
ESCAPED = re.compile(r"(?P<open>\\{1,4}[\"'])(?P<body>[^\"'\\\r\n]*+)")
TRIPLE = re.compile(
    r"(?P<open>[bBrRuUfF]{0,2}(?P<quote>'{3}|\"{3}))(?P<body>(?:(?!(?P=quote))[\s\S])*+)"
)
BRACKETS = re.compile(r"(?P<open>[\[({])|(?P<close>[\])}])|(?P<quote>[\"'])|\\.", re.DOTALL)
PAIRED = re.compile(r"[\[(][^\[\](){}\r\n]*+[\])]?")
QUOTE = re.compile(r"[\"']")
LITERAL = re.compile(
    r"(?P<subscript>[\w\])]\[)?(?P<quote>[\"'])"
    r"(?P<body>(?:(?!(?P=quote))[^\\\r\n]|\\.)*+)(?P=quote)(?P<key>[ \t]*:)?"
)
HEADER = re.compile(r"[^\s\"'\[][^\r\n\"']*+")
BARE = re.compile(
    r"[^\s,;&)}\]'\"\[({<\\]"
    r"(?:[^\s,;&)}\]'\"\\]|,(?=[^\s,;&)}\]'\"\[({<\\])(?![\w.-]{1,40}[=:]))*+"
)

SAFE_BARE = re.compile(
    r"(?:None|True|False|null|nil|true|false|undefined|str|bytes|int|float|bool|string|object|"
    r"Any|Optional|SecretStr|\*+|\.\.\.)(?![\w*])"
)
CALL = re.compile(r"[A-Za-z_][\w.]*+[(\[]")
NAME = re.compile(r"[A-Za-z_][\w.]*+(?:\(\)?)?")
SAFE_VALUE = re.compile(
    r"(?:None|True|False|null|true|false|''|\"\"|b''|\[\]|\{\}|\(\)|\*+|<[\w.]+ object at 0x\w+>)?"
)
SMALL_NUMBER = re.compile(r"-?\d{1,6}")
TRIFLE = re.compile(r"[^A-Za-z0-9]*+[A-Za-z0-9]?[^A-Za-z0-9]*+")
STRUCTURE = re.compile(r"(?:[A-Za-z_][\w.]*+)?(?P<body>\(.*\)|\[.*\]|\{.*\}|<.*>)", re.DOTALL)
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
OPAQUE_PART = re.compile(r"(?=[A-Za-z_+/=-]*+\d)[\w+/=-]{8}|[\w+/=-]{16}")
MAX_GROUP_CHARACTERS = 8_192
OPAQUE = re.compile(r"(?=\D*+\d)\S{8}|\S{16}")
HEADERS = frozenset({"authorization", "cookie"})


def scrub(text: str) -> str:
    """Return the text of a message, a log or a repr with each secret replaced by a mark."""
    return scrub_forms(_scrub_named(OPTION.sub(_without_option, text), bare=True))


def scrub_code(line: str) -> str:
    """Return source code with literal secrets replaced; `password=password` is none."""
    return scrub_forms(_scrub_named(OPTION.sub(_without_option, line), bare=False))


def scrub_json(value: JsonValue) -> JsonValue:
    """Return the value with each secret in it replaced, at any depth.

    Values nested deeper than 100 levels are replaced as a whole.
    """
    return _scrub_value(value, 0)


def _scrub_value(value: JsonValue, depth: int) -> JsonValue:
    if isinstance(value, str):
        return scrub(value)
    if not isinstance(value, dict | list):
        return value
    if depth >= MAX_DEPTH:
        return TOO_DEEP
    if isinstance(value, dict):
        return _scrub_items(value, depth)
    return _scrub_list(value, depth)


def _scrub_items(value: Mapping[str, JsonValue], depth: int) -> dict[str, JsonValue]:
    return {scrub(key): _scrub_item(key, item, depth + 1) for key, item in value.items()}


def _scrub_list(value: Sequence[JsonValue], depth: int) -> list[JsonValue]:
    # Headers and tags also travel as lists of [name, value].
    if len(value) == PAIR and isinstance(value[0], str) and isinstance(value[1], str):
        name, item = value[0], value[1]
        return [scrub(name), _scrub_item(name, item, depth + 1)]
    return [_scrub_value(item, depth + 1) for item in value]


def _scrub_item(key: str, value: JsonValue, depth: int) -> JsonValue:
    secrecy = secrecy_of(key)
    if secrecy is Secrecy.NONE:
        return _scrub_value(value, depth)
    if isinstance(value, str):
        text = value.strip()
        kept = _is_harmless(text, secrecy) or _is_plain_structure(key, text, secrecy)
        return scrub(value) if kept else MARK
    if value is None or isinstance(value, bool) or not value:
        return _scrub_value(value, depth)
    if secrecy is Secrecy.LIKELY and not (isinstance(value, list) and _holds_pair(key)):
        return _scrub_value(value, depth)
    return MARK


def _is_harmless(text: str, secrecy: Secrecy) -> bool:
    if SAFE_VALUE.fullmatch(text):
        return True
    if secrecy is Secrecy.CERTAIN:
        return False
    # What a text is made of is called a token, too: `token='+'`.
    return SMALL_NUMBER.fullmatch(text) is not None or TRIFLE.fullmatch(text) is not None


def _is_plain_structure(key: str, text: str, secrecy: Secrecy) -> bool:
    """Whether it is the repr of an object or a container in which nothing looks random."""
    if secrecy is Secrecy.CERTAIN or _holds_pair(key):
        return False
    match = STRUCTURE.fullmatch(text)
    return match is not None and OPAQUE_PART.search(ADDRESS.sub("", match["body"])) is None


def _holds_pair(key: str) -> bool:
    """Whether a pair under this name is a user with a password: `auth=('ida', 'x')`."""
    return key.lower().endswith("auth")


def _scrub_named(text: str, *, bare: bool) -> str:
    written: list[str] = []
    done = position = 0
    while match := KEY.search(text, position):
        position = match.end()
        secrecy = secrecy_of(match["key"])
        if secrecy is Secrecy.NONE:
            continue
        spans, position = _secrets(text, match, secrecy, bare=bare)
        for span in spans:
            written += (text[done : span[0]], MARK)
            done = span[1]
            position = max(position, done)
    return "".join((*written, text[done:]))


def _secrets(
    text: str, key: re.Match[str], secrecy: Secrecy, *, bare: bool
) -> tuple[list[tuple[int, int]], int]:
    """Return where the secrets are, and where to look on."""
    position = key.end()
    if text[position : position + 1] in {"(", "[", "{"}:
        certain = secrecy is Secrecy.CERTAIN
        end = _group_end(text, position) if certain else _pair_end(text, key)
        literals = [
            match.span("body")
            for match in LITERAL.finditer(text, position, end)
            if match["body"] and not (match["key"] or match["subscript"])
        ]
        if end == position:
            return [], position
        if bare:
            literals = [] if _is_harmless(text[position:end], secrecy) else [(position, end)]
        return literals, end
    span = _quoted_secret(text, key, secrecy)
    if span is None and bare:
        span = _bare_secret(text, key, secrecy)
    return [span] if span else [], position


def _pair_end(text: str, key: re.Match[str]) -> int:
    """Return the end of a user with a password, or the position if there is none."""
    pair = PAIRED.match(text, key.end()) if _holds_pair(key["key"]) else None
    return pair.end() if pair and QUOTE.search(pair.group()) else key.end()


def _group_end(text: str, position: int) -> int:
    """Return the end of what is in brackets; one that is cut off ends with the text."""
    depth = 0
    limit = min(len(text), position + MAX_GROUP_CHARACTERS)
    while match := BRACKETS.search(text, position, limit):
        position = match.end()
        if match["quote"]:
            quoted = QUOTED.match(text, match.start(), limit)
            position = quoted.end() + 1 if quoted else position
        depth += bool(match["open"]) - bool(match["close"])
        if depth == 0:
            return position
    return limit


def _quoted_secret(text: str, key: re.Match[str], secrecy: Secrecy) -> tuple[int, int] | None:
    position = key.end()
    match = (
        TRIPLE.match(text, position)
        or QUOTED.match(text, position)
        or ESCAPED.match(text, position)
    )
    if match is None or _is_harmless(match["body"], secrecy):
        return None
    # "Invalid token: 'foo'" is said of a text's parts.
    said = secrecy is Secrecy.LIKELY and key["sign"] == ":" and text[key.end("key")] in " :"
    return None if said and not OPAQUE.match(match["body"]) else match.span("body")


def _bare_secret(text: str, key: re.Match[str], secrecy: Secrecy) -> tuple[int, int] | None:
    position = key.end()
    if key["sign"] == ":" and key["key"].lower().rpartition("-")[2] in HEADERS:
        header = HEADER.match(text, position)
        return header.span() if header else None
    value = BARE.match(text, position)
    if value is None or _is_expression(value.group().partition(",")[0], secrecy):
        return None
    shown = value.group().partition("[")[0]
    if secrecy is Secrecy.LIKELY and key["sign"] == ":" and not OPAQUE.match(shown):
        return None
    return value.span()


def _is_expression(text: str, secrecy: Secrecy) -> bool:
    """Whether it is code or a plain constant rather than a value: `password=self.password`."""
    if SAFE_BARE.match(text) or _is_harmless(text, secrecy):
        return True
    if secrecy is Secrecy.LIKELY and CALL.match(text):
        return True
    return NAME.fullmatch(text) is not None and secrecy_of(text.rstrip("()")) is not Secrecy.NONE


def _without_option(match: re.Match[str]) -> str:
    name = "quoted" if match["quoted"] else "bare"
    value = match[name]
    if secrecy_of(match["key"]) is Secrecy.NONE or value.strip(".,:").lower() in PROSE:
        return match.group()
    start = match.start(name) - match.start()
    return f"{match.group()[:start]}{MARK}"
