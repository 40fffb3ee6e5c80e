"""Who sends GitLab's webhooks.

The older way is a secret token, sent as it is in `X-Gitlab-Token`. The newer one is a signing
token: `whsec_` and the key in base64, used as https://www.standardwebhooks.com describes. Which
one a secret is, its beginning says; a signing token is never taken as a secret token.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence

from integrations.inbound import Delivery, require, require_fresh, require_match
from suture.errors import NotAuthorised

TOKEN = "X-Gitlab-Token"  # noqa: S105 - a header's name, no secret
ID = "webhook-id"
TIME = "webhook-timestamp"
SIGNATURE = "webhook-signature"
PREFIX = "whsec_"
VERSION = "v1,"
SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


def authenticate(delivery: Delivery, secrets: Sequence[str]) -> None:
    """Return if a signing token signed this, or if it says the secret token.

    What is signed is judged by its signature alone once a signing token is known.

    Raises:
        NotAuthorised: neither; or it was signed more than 300 seconds ago.
    """
    signing = [secret for secret in secrets if secret.startswith(PREFIX)]
    if signing and SIGNATURE in delivery.headers:
        _require_signature(delivery, signing)
        return
    tokens = [secret for secret in secrets if not secret.startswith(PREFIX)]
    require_match((require(delivery, TOKEN),), tokens, "token")


def sign(token: str, delivery_id: str, at: str, body: bytes) -> str:
    """Return the signature's value for a body; empty if the token holds no key."""
    try:
        key = base64.b64decode(token.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return ""
    content = f"{delivery_id}.{at}.".encode() + body
    made = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return f"{VERSION}{made}" if key else ""


def _require_signature(delivery: Delivery, tokens: Sequence[str]) -> None:
    given = [each for each in require(delivery, SIGNATURE).split() if each.startswith(VERSION)]
    delivery_id, at = require(delivery, ID), require(delivery, TIME)
    if not SECONDS.fullmatch(at):
        raise NotAuthorised(f"The header {TIME} must hold Unix seconds.")
    made = [sign(token, delivery_id, at, delivery.body) for token in tokens]
    require_match(given, [each for each in made if each], "signature")
    require_fresh(int(at), delivery)
