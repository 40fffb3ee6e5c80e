"""Secrets that show by their form alone, under whatever name: tokens, keys, cards, URLs.

Forms are those that the vendors publish for secret scanners, e.g.
https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns
"""

import base64
import binascii
import re

MARK = "[redacted]"
LUHN_MODULUS = 10
DOUBLED_NINE = 9
OPAQUE_CHARACTERS = 20

PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[A-Za-z0-9+/=\s\\,:]|-(?!----))*+(?:-----END [A-Z0-9 ]{1,60}-----)?"
)
TOKEN = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:AKIA|ASIA)[0-9A-Z]{16}(?![A-Za-z0-9])"
    r"|gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_\w{22,255}"
    r"|gl(?:pat|dt|rt|cbt|ptt|soat)-[\w.-]{20,255}"
    r"|xox[abeoprs]-[\w-]{10,255}|xapp-\d-[\w-]{10,255}"
    r"|[rs]k_(?:live|test)_[0-9A-Za-z]{10,255}|whsec_[A-Za-z0-9+/=]{16,255}"
    r"|(?P<sk>sk-[A-Za-z0-9_-]{20,255}+)"
    r"|AIza[\w-]{35}|npm_[A-Za-z0-9]{36}|pypi-AgE[\w-]{50,255}|hf_[A-Za-z0-9]{30,60}"
    r"|SG\.[\w-]{16,40}\.[\w-]{16,64}"
    r"|(?<![\w-])eyJ[\w-]{8,8192}+\.[\w-]{8,8192}+(?:\.[\w-]{0,8192}+)?"
    r")"
)
SLACK_HOOK = re.compile(r"(https://hooks\.slack\.com/(?:services|workflows)/)[\w/-]{8,200}")
SCHEME = re.compile(
    r"\b(?P<scheme>Bearer|Basic|bearer|basic|BEARER|BASIC)(?P<gap>[ \t]{1,2})"
    r"(?P<value>[A-Za-z0-9._~+/-]{4,8192}+={0,2})"
)
SPLIT_PASSWORD = re.compile(
    r"://(?P<user>[^\s/:@'\"<>?#\\]{0,128}+):(?!//|\d{1,5}[/?#])"
    r"(?P<password>(?:[^\s:'\"<>\\]|:(?!//)){1,256})@(?=[\w\[.-])"
)
"""Passwords in URLs ought to be escaped, and often are not; a port is none."""
USERINFO = re.compile(r"://(?P<info>[^\s/'\"<>?#\\]{1,512})@(?=[\w\[.-])")
CARD = re.compile(
    r"(?<![\w.-])(?:\d{4}(?P<gap>[ -])\d{4}(?P=gap)\d{4}(?P=gap)\d{4}"
    r"|\d{4}(?P<short>[ -])\d{6}(?P=short)\d{5}|\d{13,19})(?![\w-]|\.\d)"
)
ISSUERS = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|6(?:011|5\d\d)\d{12}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}"
)


def scrub_forms(text: str) -> str:
    """Return the text without what looks like a credential or a payment card."""
    text = PEM.sub(MARK, text)
    text = SCHEME.sub(_without_credentials, text)
    text = TOKEN.sub(_without_token, text)
    text = SLACK_HOOK.sub(rf"\g<1>{MARK}", text)
    text = SPLIT_PASSWORD.sub(rf"://\g<user>:{MARK}@", text)
    text = USERINFO.sub(_without_password, text)
    return CARD.sub(_without_card, text)


def _without_token(match: re.Match[str]) -> str:
    # Words may be joined to `sk-...` by chance; a key has digits.
    words = match["sk"] is not None and not any(each.isdigit() for each in match["sk"])
    return match.group() if words else MARK


def _without_credentials(match: re.Match[str]) -> str:
    value = match["value"]
    basic = match["scheme"].lower() == "basic"
    if _is_user_and_password(value) if basic else _is_opaque(value):
        return f"{match['scheme']}{match['gap']}{MARK}"
    return match.group()


def _is_user_and_password(value: str) -> bool:
    try:
        return b":" in base64.b64decode(value, validate=True)
    except binascii.Error:
        return False


def _is_opaque(value: str) -> bool:
    # "Bearer authentication failed" is prose.
    return len(value) >= OPAQUE_CHARACTERS or any(character.isdigit() for character in value)


def _without_password(match: re.Match[str]) -> str:
    user, colon, password = match["info"].partition(":")
    if colon:
        return f"://{user}:{MARK}@" if password else match.group()
    # A lone long name is a key, as in a DSN; `git@` is no secret.
    return f"://{MARK}@" if len(user) >= OPAQUE_CHARACTERS else match.group()


def _without_card(match: re.Match[str]) -> str:
    digits = match.group().replace(" ", "").replace("-", "")
    return MARK if ISSUERS.fullmatch(digits) and _passes_luhn(digits) else match.group()


def _passes_luhn(digits: str) -> bool:
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + index % 2)
        total += value - DOUBLED_NINE if value > DOUBLED_NINE else value
    return total % LUHN_MODULUS == 0
