"""Undoes `Content-Encoding` within a bound, whatever the compressed bytes claim.

Sources: RFC 1950 to 1952 (zlib, deflate, gzip), RFC 7932 (brotli), RFC 9110 section 8.4.
Work and memory are bounded by the limit, not by the ratio of a bomb.
"""

import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]

from apps.gateway.refusals import Code, Refusal

CHUNK_BYTES = 256 << 10
MAX_GZIP_MEMBERS = 16
GZIP_WINDOW = 16 + zlib.MAX_WBITS


def decompress(body: bytes, encoding: str, limit: int) -> bytes:
    """Return the plain bytes, at most `limit`.

    Raises:
        Refusal: 413 for a bomb, 400 for damage, 415 for an encoding that is not spoken.
    """
    return decoder(encoding)(body, limit)


def decoder(encoding: str) -> Callable[[bytes, int], bytes]:
    """Return the function that undoes an encoding.

    Raises:
        Refusal: 415; stacked encodings are not spoken either.
    """
    found = DECODERS.get(encoding.strip().lower())
    if found is None:
        raise Refusal(
            Code.UNSUPPORTED_ENCODING, "Content-Encoding must be gzip, deflate, br or identity."
        )
    return found


def _identity(body: bytes, limit: int) -> bytes:
    _check_size(body, limit)
    return body


def _gzip(body: bytes, limit: int) -> bytes:
    plain = b""
    for _ in range(MAX_GZIP_MEMBERS):
        member, body = _inflate(body, GZIP_WINDOW, limit - len(plain))
        plain += member
        if not body:
            return plain
    raise Refusal(Code.MALFORMED, f"The body has more than {MAX_GZIP_MEMBERS} gzip members.")


def _deflate(body: bytes, limit: int) -> bytes:
    # RFC 9110 means zlib's format by "deflate", and some clients send the bare stream.
    zlib_header = len(body) > 1 and body[0] & 0x0F == zlib.DEFLATED and not _check(body) % 31
    window = zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS
    plain, rest = _inflate(body, window, limit)
    if rest:
        raise Refusal(Code.MALFORMED, "Something follows the compressed body.")
    return plain


def _check(body: bytes) -> int:
    return body[0] << 8 | body[1]


def _inflate(body: bytes, window: int, limit: int) -> tuple[bytes, bytes]:
    stream = zlib.decompressobj(window)
    try:
        plain = stream.decompress(body, limit + 1)
    except zlib.error as error:
        raise _damaged() from error
    _check_size(plain, limit)
    if not stream.eof:
        raise _damaged()
    return plain, stream.unused_data


def _brotli(body: bytes, limit: int) -> bytes:
    stream = brotli.Decompressor()
    plain = bytearray()
    try:
        piece = stream.process(body, output_buffer_limit=CHUNK_BYTES)
        while piece:
            plain += piece
            _check_size(plain, limit)
            if stream.is_finished():
                break
            piece = stream.process(b"", output_buffer_limit=CHUNK_BYTES)
    except brotli.error as error:
        raise _damaged() from error
    if not stream.is_finished():
        raise _damaged()
    return bytes(plain)


def _check_size(plain: bytes | bytearray, limit: int) -> None:
    if len(plain) > limit:
        raise Refusal(Code.TOO_LARGE, "The body is too large when decompressed.")


def _damaged() -> Refusal:
    return Refusal(Code.MALFORMED, "The compressed body is damaged or cut off.")


DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "": _identity,
    "identity": _identity,
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
}
