"""What people say on a pull request: which words decide, about which head."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.domain.approval import ConsentTarget, DecisionKind
from suture.domain.pull_request import Remark, RemarkKind
from suture.policy.remarks import Wish, wish_of

HEAD, OTHER = "a1b2c3d4" * 5, "f" * 40
TARGET = ConsentTarget(head_sha=HEAD, patch_digest="d" * 64)


def remark(
    text: str = "", kind: RemarkKind = RemarkKind.COMMENT, head: str | None = None
) -> Remark:
    return Remark(
        remark_id="review/1",
        kind=kind,
        author="ada",
        head_sha=head,
        text=text,
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def wish(text: str) -> Wish:
    found = wish_of(remark(text), TARGET, reviews=False)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text", ["", "Looks good", "/suture", "/suture dance", "/sutures approve", "ok\n/suture reject"]
)
def test_talk_among_people_decides_nothing(text: str) -> None:
    assert wish_of(remark(text), TARGET, reviews=True) is None


@pytest.mark.parametrize("said", [HEAD, HEAD[:12], HEAD[:13].upper(), f"{HEAD[:15]} thanks"])
def test_an_approving_comment_names_the_head_that_is_asked_about(said: str) -> None:
    assert wish(f"/suture approve {said}\nThank you") == Wish(
        kind=DecisionKind.APPROVE, target=TARGET, comment="Thank you"
    )


@pytest.mark.parametrize("said", ["", HEAD[:11], OTHER, "it", HEAD + "0"])
def test_an_approving_comment_that_names_another_head_or_none_is_about_nothing(said: str) -> None:
    found = wish(f"/suture approve {said}")
    assert found.kind is DecisionKind.APPROVE
    assert found.target not in {None, TARGET}


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("reject", DecisionKind.REJECT),
        ("request-changes", DecisionKind.REQUEST_CHANGES),
        ("take-over", DecisionKind.TAKE_OVER),
    ],
)
def test_a_no_needs_no_head_and_takes_its_reason_along(word: str, kind: DecisionKind) -> None:
    assert wish(f" /suture {word} Round up.\nAlways.") == Wish(
        kind=kind, comment="Round up.\nAlways."
    )


def test_reviews_count_only_where_the_policy_says_so() -> None:
    approval = remark(kind=RemarkKind.APPROVAL, head=HEAD)
    assert wish_of(approval, TARGET, reviews=False) is None
    assert wish_of(approval, TARGET, reviews=True) == Wish(kind=DecisionKind.APPROVE, target=TARGET)


@pytest.mark.parametrize("kind", [RemarkKind.APPROVAL, RemarkKind.CHANGES])
def test_a_review_is_about_the_head_it_is_of(kind: RemarkKind) -> None:
    for head in (OTHER, None):
        found = wish_of(remark("Hm", kind, head), TARGET, reviews=True)
        assert found is not None
        assert found.target not in {None, TARGET}
        assert found.comment == "Hm"


@given(text=st.text(max_size=8_000), kind=st.sampled_from(RemarkKind), reviews=st.booleans())
def test_whatever_is_said_is_understood_or_nothing(
    text: str, kind: RemarkKind, *, reviews: bool
) -> None:
    found = wish_of(remark(text, kind), TARGET, reviews=reviews)
    assert found is None or found.target != TARGET
