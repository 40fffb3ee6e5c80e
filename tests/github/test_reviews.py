import pytest

from suture.domain.pull_request import PullRequestRef, RemarkKind
from suture.errors import NotFound, TransientError
from tests.builders.github import GitHubWorkshop
from tests.fakes.github_server import NOW

LATER = "2026-03-02T13:00:00Z"


def remarks(shop: GitHubWorkshop, ref: PullRequestRef) -> list[tuple[str, RemarkKind, str, str]]:
    return [(one.remark_id, one.kind, one.author, one.text) for one in shop.host.read_remarks(ref)]


def test_reviews_and_comments_are_heard_oldest_first(shop: GitHubWorkshop) -> None:
    ref = shop.open()
    head = shop.host.read_pull_request(ref).head_sha
    shop.github.review(ref.number, "APPROVED", "Ada", submitted_at=LATER)
    shop.github.review(ref.number, "CHANGES_REQUESTED", "bob", body="Name it better.")
    shop.github.comment(ref.number, "/suture take-over", "Grace-H")
    assert remarks(shop, ref) == [
        ("review/2", RemarkKind.CHANGES, "bob", "Name it better."),
        ("comment/1", RemarkKind.COMMENT, "grace-h", "/suture take-over"),
        ("review/1", RemarkKind.APPROVAL, "ada", ""),
    ]
    heads = {one.remark_id: one.head_sha for one in shop.host.read_remarks(ref)}
    assert heads == {"review/1": head, "review/2": head, "comment/1": None}


def test_a_review_stays_of_the_head_it_was_made_on(shop: GitHubWorkshop) -> None:
    ref = shop.open()
    before = shop.host.read_pull_request(ref).head_sha
    shop.github.review(ref.number, "APPROVED", "ada")
    shop.push(ref.branch, {"more.py": "x = 1\n"}, "bob")
    [approval] = shop.host.read_remarks(ref)
    assert approval.head_sha == before != shop.host.read_pull_request(ref).head_sha


def test_what_is_said_about_lines_is_part_of_the_review(shop: GitHubWorkshop) -> None:
    ref = shop.open()
    shop.github.review(ref.number, "COMMENTED", "ada")
    shop.github.review(ref.number, "CHANGES_REQUESTED", "bob", body="Two things.")
    said = [
        (1, "ada", "User", "shop/cart.py", 3, "Why?"),
        (2, "bob", "User", "shop/cart.py", None, "Too long."),
        (2, "lint[bot]", "Bot", "shop/cart.py", 1, "E501"),
    ]
    shop.github.line_comments[ref.number] = [
        {
            "id": number,
            "pull_request_review_id": review,
            "user": {"login": login, "type": kind},
            "path": path,
            "line": line,
            "body": body,
        }
        for number, (review, login, kind, path, line, body) in enumerate(said)
    ]
    assert [text for *_, text in remarks(shop, ref)] == [
        "shop/cart.py:3: Why?",
        "Two things.\n\nshop/cart.py: Too long.",
    ]


def test_bots_empty_dismissed_and_pending_words_and_sutures_own_are_no_remarks(
    shop: GitHubWorkshop,
) -> None:
    ref = shop.open()
    reviews: dict[str, dict[str, object]] = {
        "DISMISSED": {},
        "PENDING": {"submitted_at": None},
        "COMMENTED": {"body": " "},
        "APPROVED": {"user": {"login": "approve[bot]", "type": "Bot"}},
        "CHANGES_REQUESTED": {"user": None},
    }
    for state, more in reviews.items():
        shop.github.review(ref.number, state, "ada", **more)
    shop.github.comment(ref.number, "Coverage: 100 %", "coverage[bot]", "Bot")
    shop.host.ensure_comment(ref, "why", "Because.")
    # With a token, Suture speaks by a person's account.
    own = shop.github.comments[ref.number][-1]
    own["user"] = {"login": "robot-account", "type": "User"}
    assert remarks(shop, ref) == []
    shop.github.comment(ref.number, f"{own['body']}\n\nI do not agree.", "ada")
    assert len(remarks(shop, ref)) == 1


def test_what_was_edited_is_nobodys_word(shop: GitHubWorkshop) -> None:
    ref = shop.open()
    shop.github.comment(ref.number, "/suture approve 0123abc", "ada")["updated_at"] = LATER
    reviews = [
        shop.github.review(ref.number, state, "ada", body="/suture approve 0123abc")
        for state in ("COMMENTED", "COMMENTED", "CHANGES_REQUESTED")
    ]
    for review in reviews[1:]:
        shop.github.graphql.nodes[review["node_id"]]["lastEditedAt"] = LATER
    assert [(kind, name) for name, kind, *_ in remarks(shop, ref)] == [
        (RemarkKind.COMMENT, "review/1"),
        (RemarkKind.CHANGES, "review/3"),
    ]
    del shop.github.graphql.nodes["PRR_1"]
    assert [name for name, *_ in remarks(shop, ref)] == ["review/3"]


def test_many_and_long_remarks_are_cut(shop: GitHubWorkshop) -> None:
    ref = shop.open()
    for number in range(230):
        shop.github.comment(ref.number, f"{number} " + "x" * 9_000, "ada")
    found = shop.host.read_remarks(ref)
    assert len(found) == 200
    assert max(len(one.text) for one in found) == 4_000
    assert found[-1].text.startswith("229 ")
    shop.github.comments[ref.number][0] |= {"created_at": LATER, "updated_at": LATER}
    assert shop.host.read_remarks(ref)[-1].text.startswith("0 ")
    assert found[0].at.isoformat() == NOW.replace("Z", "+00:00")


def test_a_pull_request_that_does_not_exist_has_no_remarks(shop: GitHubWorkshop) -> None:
    ref = shop.open().model_copy(update={"number": 99})
    with pytest.raises(NotFound):
        shop.host.read_remarks(ref)


@pytest.mark.parametrize("fault", ["500", "lost", "cut"])
def test_half_of_what_was_said_is_nothing(shop: GitHubWorkshop, fault: str) -> None:
    ref = shop.open()
    shop.github.review(ref.number, "APPROVED", "ada")
    shop.github.faults = [("^GET .*/issues/.*/comments", fault)]
    with pytest.raises(TransientError):
        shop.host.read_remarks(ref)
