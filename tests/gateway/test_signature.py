import hashlib
import hmac

import pytest

from integrations.generic.signature import HEADER, WINDOW_SECONDS, sign, verify
from suture.errors import NotAuthorised

SECRET, BODY, AT = "s3cret", b'{"title": "x"}', 1_800_000_000
GOOD = sign(SECRET, BODY, AT)


def test_a_signature_is_the_hmac_of_time_and_body() -> None:
    expected = hmac.new(b"s3cret", b'1800000000.{"title": "x"}', hashlib.sha256).hexdigest()
    assert f"t=1800000000,v1={expected}" == GOOD
    assert HEADER == "X-Suture-Signature"


@pytest.mark.parametrize("offset", [-WINDOW_SECONDS, 0, WINDOW_SECONDS])
def test_a_fresh_signature_is_accepted(offset: int) -> None:
    verify(SECRET, GOOD, BODY, AT + offset)


def test_one_matching_signature_of_several_is_enough() -> None:
    old = sign("old secret", BODY, AT)
    verify(SECRET, f"{old}, {GOOD.partition(',')[2]}", BODY, AT)
    verify(SECRET, f"{GOOD},{old.partition(',')[2]}", BODY, AT)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (sign("other", BODY, AT), "does not match"),
        (sign(SECRET, BODY + b" ", AT), "does not match"),
        (GOOD.replace("t=1800000000", "t=1800000001"), "does not match"),
        (GOOD.upper().replace("T=", "t=").replace("V1=", "v1="), "must hold v1"),
        ("", "must hold one t"),
        ("t=x,v1=" + "0" * 64, "must hold one t"),
        ("t=١٢٣,v1=" + "0" * 64, "must hold one t"),
        (f"t=1,{GOOD}", "must hold one t"),
        (f"t={AT}", "must hold v1"),
        (f"t={AT},v1=", "must hold v1"),
        (f"t={AT}" + ",v1=" + ",v1=".join(["0" * 64] * 6), "must hold v1"),
        ("t=1," * 300, "too long"),
        (sign(SECRET, BODY, AT - WINDOW_SECONDS - 1), "seconds off"),
        (sign(SECRET, BODY, AT + WINDOW_SECONDS + 1), "seconds off"),
    ],
)
def test_a_forged_stale_or_malformed_signature_is_refused(header: str, reason: str) -> None:
    with pytest.raises(NotAuthorised, match=reason):
        verify(SECRET, header, BODY, AT)
