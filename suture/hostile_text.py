"""Text that looks as if it were meant to direct whoever reads it, a model or a person.

Nothing is decided by it: what a model may do is bounded by what its tools allow. It is for the
record, so that people see that somebody tried. Patterns take time linear in the text.

https://genai.owasp.org/llmrisk/llm01-prompt-injection/
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator, Mapping

from suture.domain.alert import Alert
from suture.domain.evidence import Evidence
from suture.domain.suspicion import Suspicion, Trick
from suture.redaction import scrub

MAX_SCANNED = 100_000
"""Characters of one text that are looked at."""
MAX_FOUND = 20
MAX_QUOTE = 120
MAX_PLACE = 200
MAX_ENCODED = 20


AGENT = r"(?:assistant|agent|ai|bot|model|llm|suture|copilot)"
TOOLS = (
    r"(?:read_file|search|blame|run_tests|run_snippet|rewrite_function|replace_text|add_import"
    r"|undo_edits|propose_fix|propose_reproduction|conclude|give_up|run_shell|bash|execute|approve"
    r"|merge)"
)
PATTERNS: tuple[tuple[Trick, re.Pattern[str]], ...] = (
    (
        Trick.INSTRUCTION,
        re.compile(
            r"\b(?:ignore|disregard|forget|override|bypass)\b[^\n]{0,40}?"
            r"\b(?:instructions?|rules?|prompts?|polic(?:y|ies)|above|guidelines|restrictions)\b"
            r"|\byou are (?:now|no longer)\b|\b(?:new|updated|real|hidden) instructions?\b"
            r"|\bsystem prompt\b|\bdeveloper mode\b|\bjailbreak"
            rf"|\b(?:attention|note to|dear|hey|hello|instructions? (?:for|to))\b,? (?:the |any |all )?{AGENT}\b"  # noqa: E501 -- one pattern
            rf"|\b{AGENT}\s?[:,] ?(?:you |please |must |now )*(?:run|execute|call|approve|merge|delete"  # noqa: E501 -- one pattern
            r"|add|send|post|fetch|install|write|change|remove|use|read|print|do|stop|give|skip|mark)\b"
            r"|\bif you are an? (?:ai|llm|language model|agent|assistant)\b",
            re.IGNORECASE,
        ),
    ),
    (
        Trick.ROLE,
        re.compile(
            r"<\|[a-z_]{2,20}\|>|\[/?INST\]|<</?SYS>>|</?data-[0-9a-z]"
            r"|</?(?:system|assistant|tool_result|tool_call|function_results?|function_calls?)\b"
            r"|\"role\"\s?:\s?\"(?:system|assistant|tool|developer)\""
            r"|^[ \t#*>/-]{0,8}(?:system|developer|assistant)(?: message| override| notice)?\s?:"
            r"|\b(?:begin|end) (?:of )?(?:system|untrusted|data|user)\b",
            re.IGNORECASE | re.MULTILINE,
        ),
    ),
    (
        Trick.TOOL_CALL,
        re.compile(
            rf"\"(?:name|tool|function)\"\s?:\s?\"{TOOLS}\""
            r"|\b(?:rewrite_function|replace_text|add_import|propose_fix|propose_reproduction|give_up"
            r"|run_snippet|undo_edits)\b",
            re.IGNORECASE,
        ),
    ),
    (
        Trick.APPROVAL,
        re.compile(
            r"/suture +(?:approve|merge|reject|takeover)|\bpre-?approved\b"
            r"|\bauto-?(?:approve|merge)\b"
            r"|\b(?:approve|merge) (?:this|the|it|your|yourself|without|immediately|directly)\b"
            r"|\b(?:already|has been) approved\b|\bskip (?:the )?(?:review|approval)\b"
            r"|\bno (?:review|approval) (?:is )?(?:needed|required)\b",
            re.IGNORECASE,
        ),
    ),
    (
        Trick.COMMAND,
        re.compile(
            r"\b(?:curl|wget)\b[^\n|]{0,200}\|\s?(?:sudo )?(?:ba|z)?sh\b|\brm -rf [/~.]"
            r"|\b(?:please|must|should|first|then|now) (?:also )?(?:run|execute|install|pip install"
            r"|npm install|curl|wget)\b|\badd [`'\"]?[\w.-]{1,60}[`'\"]? (?:to|as) (?:an? |the )?"
            r"(?:requirements|dependenc|import)",
            re.IGNORECASE,
        ),
    ),
    (
        Trick.SECRETS,
        re.compile(
            r"\b(?:send|post|upload|leak|print|echo|include|paste|reveal|show|exfiltrate|forward|dump"
            r"|read|copy|encode)\b[^\n]{0,50}?(?:\bsecrets?\b|\bpasswords?\b|\bcredentials?\b"
            r"|\bapi[ _-]?keys?\b|\bprivate[ _-]key\b|\btokens?\b|\benvironment variables?\b"
            r"|\.env\b|\bid_rsa\b|\.pem\b|/etc/passwd|\bos\.environ\b)",
            re.IGNORECASE,
        ),
    ),
    (
        Trick.TESTS,
        re.compile(
            r"\b(?:delete|remove|disable|skip|weaken|comment out|relax|xfail|change|edit|update"
            r"|turn off|loosen) [^\n]{0,40}?"
            r"(?:\btests?\b|\bassert(?:ion)?s?\b|\bCI\b|\bworkflows?\b|\.github\b|\bconftest\b|\bpolicy\b|\bsuture\.(?:toml|ya?ml)\b)",
            re.IGNORECASE,
        ),
    ),
    (
        Trick.LINK,
        re.compile(
            r"!\[[^\]\n]{0,200}\]\([^)\n]{0,20}//[^)\n]{0,400}\)|\]\((?:javascript|data):"
            r"|<img\b[^>\n]{0,200}\bsrc\s?=",
            re.IGNORECASE,
        ),
    ),
)
UNSEEN = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f\ufe00-\ufe0f]{1,200}"
)
MIXED = re.compile(
    "[A-Za-z]{1,40}[\u0370-\u03ff\u0400-\u04ff]{1,40}[A-Za-z]|[\u0400-\u04ff]{1,3}[a-z]{3}"
)
LOOKALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0501\u051b\u04cf\u03bf\u03b1\u03b5\u03b9",
    "aeopcyxisdqloaei",
)
TAGS = {0xE0000 + code: chr(code) for code in range(0x20, 0x7F)}
"""Tag characters, which spell ASCII and are shown as nothing."""
ENCODED = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{24,4000}={0,2}")


def suspicions(texts: Mapping[str, str]) -> tuple[Suspicion, ...]:
    """Return what looks like an attempt in texts that are named by their places.

    At most one of each kind a place, and 20 in all.
    """
    found: list[Suspicion] = []
    for place, text in texts.items():
        for trick, quote in _tricks(text[:MAX_SCANNED]):
            if len(found) >= MAX_FOUND:
                return tuple(found)
            found.append(Suspicion(place=_shown(place, MAX_PLACE), trick=trick, quote=quote))
    return tuple(found)


def texts_around(alert: Alert, evidence: Evidence) -> dict[str, str]:
    """Return what an alert and the suspect commits say, by where they say it."""
    texts = {"title": alert.title, "message": alert.message, "log": alert.log}
    texts["tags"] = "\n".join(f"{name}: {value}" for name, value in alert.tags.items())
    texts["request"] = str(alert.request.model_dump()) if alert.request else ""
    texts["tests"] = "\n".join(f"{test.node_id}\n{test.message}" for test in alert.failed_tests)
    texts["exceptions"] = "\n".join(f"{error.type}: {error.value}" for error in alert.exceptions)
    frames = [frame for error in alert.exceptions for frame in error.frames]
    texts["frames"] = "\n".join(
        "\n".join((frame.filename, frame.function or "", frame.context_line or ""))
        for frame in frames
    )
    texts["locals"] = "\n".join(
        f"{name}: {value}" for frame in frames for name, value in frame.variables.items()
    )
    texts["notes"] = "\n".join(note.text for note in evidence.notes)
    for suspect in evidence.suspects:
        texts[f"commit {suspect.commit}"] = f"{suspect.author}\n{suspect.summary}"
    return texts


def _tricks(text: str) -> Iterator[tuple[Trick, str]]:
    plain = _plain(text)
    for trick, pattern in PATTERNS:
        match = pattern.search(plain)
        if match:
            yield trick, _around(plain, match)
    unseen = UNSEEN.search(text.removeprefix("\ufeff")) or MIXED.search(text)
    if unseen:
        yield Trick.UNSEEN, _shown(unseen.group(), MAX_QUOTE)
    for number, match in enumerate(ENCODED.finditer(text)):
        if number >= MAX_ENCODED:
            return
        decoded = _decoded(match.group())
        if decoded and any(pattern.search(decoded) for _, pattern in PATTERNS):
            yield Trick.ENCODED, _shown(decoded, MAX_QUOTE)
            return


def _plain(text: str) -> str:
    """Return a text as a careless reader takes it: lookalikes and unseen characters resolved."""
    seen = UNSEEN.sub("", text.translate(TAGS))
    return re.sub(r"[ \t]{1,100}", " ", unicodedata.normalize("NFKC", seen).translate(LOOKALIKES))


def _decoded(text: str) -> str:
    padded = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        content = base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True)
        return content.decode("ascii")
    except (binascii.Error, ValueError):
        return ""


def _around(text: str, match: re.Match[str]) -> str:
    start = max(text.rfind("\n", 0, match.start()) + 1, match.start() - 30)
    line = text[start : max(match.end(), start + MAX_QUOTE)]
    return _shown(line.split("\n")[0] or match.group(), MAX_QUOTE)


def _shown(text: str, characters: int) -> str:
    """Return a bounded line in which nothing is unseen and nothing is secret."""
    visible = "".join(
        char if char.isprintable() else f"\\u{ord(char):04x}" for char in text[:characters]
    )
    return scrub(visible)[: 3 * characters]
