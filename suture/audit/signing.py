"""Ed25519 signatures as the ledger uses them: keys and signatures in base64.

Source: RFC 8032, by the `cryptography` package. Pure computation: keys are kept elsewhere.
"""

import base64
import binascii
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from suture.errors import SettingsError

Sign = Callable[[bytes], str]
"""Signs a message; the signature is base64."""

KEY_BYTES = 32


def make_private_key() -> bytes:
    """Make a new private key, 32 raw bytes."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


def signer_of(private_key: bytes) -> Sign:
    """Return what signs with this key.

    Raises:
        SettingsError: these bytes are no key.
    """
    key = _private(private_key)
    return lambda message: base64.b64encode(key.sign(message)).decode()


def public_key_of(private_key: bytes) -> str:
    """Return the public half, base64.

    Raises:
        SettingsError: these bytes are no key.
    """
    return base64.b64encode(_private(private_key).public_key().public_bytes_raw()).decode()


def is_signed(message: bytes, signature: str, public_key: str) -> bool:
    """Whether the signature is by this key over this message. Malformed ones are not."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(base64.b64decode(signature, validate=True), message)
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def _private(private_key: bytes) -> Ed25519PrivateKey:
    if len(private_key) != KEY_BYTES:
        raise SettingsError(f"A signing key has {KEY_BYTES} bytes, this one {len(private_key)}.")
    return Ed25519PrivateKey.from_private_bytes(private_key)
