"""Proof that an edge of Suture has authenticated the person behind a decision.

HMAC-SHA256 (RFC 2104) over the decision's canonical JSON. Edges and workers share the key;
Temporal, which carries the decision, does not have it.
"""

import hashlib
import hmac

from suture.canonical import canonical_json
from suture.domain.approval import Decision
from suture.errors import SettingsError

PURPOSE = b"suture.decision.v1\n"
MIN_KEY_BYTES = 16


def sign_decision(decision: Decision, key: bytes) -> Decision:
    """Return the decision with its proof.

    Raises:
        SettingsError: the key is too short to prove anything.
    """
    return decision.model_copy(update={"proof": _proof(decision, key)})


def verify_decision(decision: Decision, key: bytes) -> bool:
    """Whether the proof is by this key over exactly this decision; takes constant time.

    Raises:
        SettingsError: the key is too short to prove anything.
    """
    expected = _proof(decision, key).encode()
    return hmac.compare_digest(expected, decision.proof.encode("utf-8", "surrogatepass"))


def _proof(decision: Decision, key: bytes) -> str:
    if len(key) < MIN_KEY_BYTES:
        raise SettingsError(f"The decision key needs at least {MIN_KEY_BYTES} bytes.")
    signed = decision.model_copy(update={"proof": ""})
    return hmac.new(key, PURPOSE + canonical_json(signed), hashlib.sha256).hexdigest()
