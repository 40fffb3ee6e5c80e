"""One byte form for each value, so that digests and signatures mean something.

JSON with sorted keys, no white space, UTF-8, in the manner of RFC 8785.
"""

import hashlib
import json

from pydantic import BaseModel, JsonValue

from suture.domain.value import Digest


def canonical_json(value: BaseModel | JsonValue) -> bytes:
    """Return the canonical form of a model or of plain JSON."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    text = json.dumps(
        plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode("utf-8", "surrogatepass")


def sha256(content: bytes) -> Digest:
    """Return the address of some content."""
    return hashlib.sha256(content).hexdigest()


def digest_of(value: BaseModel | JsonValue) -> Digest:
    """Return the digest of a value's canonical form."""
    return sha256(canonical_json(value))
