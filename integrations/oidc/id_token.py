"""Verifies ID tokens: https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation.

The signature and the claims about time, issuer and audience are PyJWT's work. Which keys and
algorithms count is decided here, never by the token: https://www.rfc-editor.org/rfc/rfc8725.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from integrations.oidc.discovery import Metadata
from suture.errors import NotAuthorised

ALGORITHMS = {
    "RS256": "RSA",
    "RS384": "RSA",
    "RS512": "RSA",
    "PS256": "RSA",
    "PS384": "RSA",
    "PS512": "RSA",
    "ES256": "EC",
    "ES384": "EC",
    "ES512": "EC",
    "EdDSA": "OKP",
}
"""With the type of key that each needs. No `none`, and nothing that is signed with a secret."""
REQUIRED = ("iss", "sub", "aud", "exp", "iat", "nonce")
MAX_TOKEN_CHARACTERS = 64 << 10
MAX_SUBJECT_CHARACTERS = 255


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What the token of one login must say."""

    issuer: str
    client_id: str
    nonce: str
    leeway_seconds: int


def verify_id_token(token: str, metadata: Metadata, expected: Expected) -> dict[str, Any]:
    """Return the claims of a token that the provider made for this login.

    Raises:
        NotAuthorised: it did not, or the token is for somebody else, over, or not valid yet.
        TransientError: the keys cannot be read.
    """
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise _refused("it is too long")
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
            raise _refused("its algorithm is not allowed")
        key = _key(metadata, header.get("kid"), algorithm)
        claims = jwt.decode(
            token,
            key=key,
            algorithms=[algorithm],
            audience=expected.client_id,
            issuer=expected.issuer,
            leeway=expected.leeway_seconds,
            options={"require": list(REQUIRED), "enforce_minimum_key_length": True},
        )
    except (jwt.PyJWTError, ArithmeticError, RecursionError, TypeError, ValueError) as error:
        # Its text may quote the token.
        raise _refused(type(error).__name__) from None
    _check_claims(claims, expected)
    return claims


def _key(metadata: Metadata, kid: object, algorithm: str) -> jwt.PyJWK:
    """Return the one key that may have signed, among newer ones if the known do not have it."""
    for read in (metadata.keys, metadata.newer_keys):
        found = [key for key in read() if _fits(key, kid, algorithm)]
        if len(found) == 1:
            return jwt.PyJWK(dict(found[0]), algorithm)
        if found:
            raise _refused("several keys may have signed it")
    raise _refused("none of the provider's keys signed it")


def _fits(key: Mapping[str, Any], kid: object, algorithm: str) -> bool:
    return (
        key.get("kty") == ALGORITHMS[algorithm]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (kid is None or key.get("kid") == kid)
    )


def _check_claims(claims: Mapping[str, Any], expected: Expected) -> None:
    audience, party = claims["aud"], claims.get("azp")
    others = [one for one in audience if one != expected.client_id] * isinstance(audience, list)
    if (others or party is not None) and party != expected.client_id:
        raise _refused("it is made for another application")
    nonce = claims["nonce"]
    given = nonce.encode("utf-8", "surrogatepass") if isinstance(nonce, str) else b""
    if not hmac.compare_digest(given, expected.nonce.encode()):
        raise _refused("it belongs to another login")
    subject = claims["sub"]
    if not subject or not isinstance(subject, str) or len(subject) > MAX_SUBJECT_CHARACTERS:
        raise _refused("it names nobody")


def _refused(reason: str) -> NotAuthorised:
    return NotAuthorised(f"The provider's ID token cannot be trusted: {reason}.")
