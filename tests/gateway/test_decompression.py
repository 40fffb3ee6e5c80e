import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.gateway.decompression import DECODERS, MAX_GZIP_MEMBERS, decompress
from apps.gateway.refusals import Code, Refusal

LIMIT = 1 << 20


def raw_deflate(body: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(body) + stream.flush()


COMPRESSORS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZIP", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "bare deflate": ("deflate", raw_deflate),
    "br": ("br", lambda body: bytes(brotli.compress(body, quality=4))),
    "identity": ("identity", bytes),
    "none": ("", bytes),
}
each_compressor = pytest.mark.parametrize("name", COMPRESSORS)
each_real_compressor = pytest.mark.parametrize("name", ["gzip", "deflate", "bare deflate", "br"])


@each_compressor
@pytest.mark.parametrize("body", [b"", b"x", b"hello " * 1_000, bytes(LIMIT)])
def test_what_was_compressed_comes_back(name: str, body: bytes) -> None:
    encoding, compress = COMPRESSORS[name]
    assert decompress(compress(body), encoding, LIMIT) == body


@each_compressor
def test_one_byte_too_many_is_refused(name: str) -> None:
    encoding, compress = COMPRESSORS[name]
    with pytest.raises(Refusal) as caught:
        decompress(compress(bytes(LIMIT + 1)), encoding, LIMIT)
    assert caught.value.code is Code.TOO_LARGE


@each_real_compressor
def test_a_bomb_takes_no_more_memory_than_the_limit(name: str) -> None:
    encoding, compress = COMPRESSORS[name]
    bomb = compress(bytes(64 << 20))
    tracemalloc.start()
    with pytest.raises(Refusal) as caught:
        decompress(bomb, encoding, LIMIT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.code is Code.TOO_LARGE
    assert peak < 8 * LIMIT


@each_real_compressor
def test_a_cut_off_body_is_refused(name: str) -> None:
    encoding, compress = COMPRESSORS[name]
    whole = compress(b"hello " * 1_000)
    for cut in (0, 1, len(whole) // 2, len(whole) - 1):
        with pytest.raises(Refusal) as caught:
            decompress(whole[:cut], encoding, LIMIT)
        assert caught.value.code is Code.MALFORMED


@each_real_compressor
def test_something_behind_the_compressed_body_is_refused(name: str) -> None:
    encoding, compress = COMPRESSORS[name]
    with pytest.raises(Refusal) as caught:
        decompress(compress(b"hello") + b"trailing", encoding, LIMIT)
    assert caught.value.code is Code.MALFORMED


def test_gzip_members_are_joined_within_the_same_limit() -> None:
    assert decompress(gzip.compress(b"a") + gzip.compress(b"b"), "gzip", LIMIT) == b"ab"
    with pytest.raises(Refusal) as caught:
        decompress(gzip.compress(bytes(LIMIT)) + gzip.compress(b"x"), "gzip", LIMIT)
    assert caught.value.code is Code.TOO_LARGE


def test_endless_gzip_members_are_refused() -> None:
    with pytest.raises(Refusal) as caught:
        decompress(gzip.compress(b"") * (MAX_GZIP_MEMBERS + 1), "gzip", LIMIT)
    assert caught.value.code is Code.MALFORMED


@pytest.mark.parametrize("encoding", ["zstd", "gzip, gzip", "br,gzip", "x" * 1_000])
def test_an_unknown_or_stacked_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(Refusal) as caught:
        decompress(b"", encoding, LIMIT)
    assert caught.value.code is Code.UNSUPPORTED_ENCODING


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(DECODERS)), st.binary(max_size=200))
def test_any_bytes_are_decompressed_or_refused(encoding: str, body: bytes) -> None:
    try:
        plain = decompress(body, encoding, 100)
    except Refusal as refusal:
        code = refusal.code
    else:
        assert len(plain) <= 100
        return
    assert code in {Code.MALFORMED, Code.TOO_LARGE}
