"""Which names are names of secrets: `db_password` and `X-Api-Key`, but not `token_count`.

The last word of a name says what it is; a few words after it (`password_confirm`) change nothing.
"""

import re
from enum import Enum
from functools import lru_cache

MAX_NAME_CHARACTERS = 120
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


class Secrecy(Enum):
    """How sure a name makes that its value is secret."""

    NONE = "none"
    LIKELY = "likely"
    """A text under it is a secret; a structure or small number more likely is none."""
    CERTAIN = "certain"


CERTAIN = frozenset(
    {
        "password", "passwords", "passwd", "pwd", "passphrase", "passcode",
        "secret", "secrets", "credential", "credentials", "apikey", "apikeys",
        "authorization", "cookie", "cookies", "privatekey", "secretkey", "accesskey",
        "clientsecret", "authtoken", "accesstoken", "refreshtoken",
        "otp", "totp", "ssn", "cvv", "cvc", "cardnumber",
    }
)  # fmt: skip
LIKELY = frozenset({"token", "session", "sessionid", "sessid", "dsn", "auth", "jwt", "csrf"})
ENDINGS = ("password", "passwd", "secret", "apikey", "privatekey", "authtoken", "accesstoken")
KEY_OWNERS = frozenset(
    {"api", "access", "private", "secret", "signing", "encryption", "auth", "account", "master"}
)
PASS_OWNERS = frozenset(
    {"db", "database", "user", "smtp", "mail", "mysql", "redis", "ftp", "admin"}
)
NUMBER_OWNERS = frozenset({"card", "security"})
TEXT_OWNERS = frozenset(
    {
        "next", "prev", "previous", "first", "last", "start", "end", "stop", "page", "continuation",
        "cursor", "peek", "lookahead", "expected", "unexpected", "invalid", "illegal", "unknown",
        "pad", "bos", "eos", "eof", "unk", "mask", "cls", "sep", "special", "keyword", "operator",
    }
)  # fmt: skip
"""Of tokens that texts and lists are made of, and of places in lists: no credentials."""
AFTERTHOUGHTS = frozenset(
    {
        "value", "hash", "header", "raw", "plain", "text", "string", "bytes", "b", "env",
        "old", "new", "current", "previous", "confirm", "confirmation", "again", "repeat",
    }
)  # fmt: skip


@lru_cache(maxsize=4096)
def secrecy_of(name: str) -> Secrecy:
    """Return how secret a value of this name is; snake, camel and header case are understood."""
    words = [word.lower() for word in WORD.findall(name[-MAX_NAME_CHARACTERS:])]
    while len(words) > 1 and words[-1] in AFTERTHOUGHTS:
        words.pop()
    if not words:
        return Secrecy.NONE
    last, owner = words[-1], words[-2] if len(words) > 1 else ""
    if last in CERTAIN or last.endswith(ENDINGS) or _is_owned(owner, last):
        return Secrecy.CERTAIN
    if last == "token" and owner in TEXT_OWNERS:
        return Secrecy.NONE
    if last in LIKELY or (owner, last) in {("session", "id"), ("session", "key")}:
        return Secrecy.LIKELY
    return Secrecy.NONE


def _is_owned(owner: str, last: str) -> bool:
    if last in {"key", "keys"}:
        return owner in KEY_OWNERS
    if last in {"number", "no"}:
        return owner in NUMBER_OWNERS
    return last == "pass" and owner in PASS_OWNERS
