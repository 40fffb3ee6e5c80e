from suture.domain.evidence import Citation, CitationKind, Statement
from suture.localisation.citations import check_citations, quote_code, quote_commit, quote_event
from tests.builders.stage import Stage, report

ALERT = {"message": "first line\nthe second  line", "tags": {"region": "north"}}


def test_only_what_exists_may_be_cited(stage: Stage) -> None:
    old = stage.commit({"cart.py": "def total():\n    return  1\n"}, "Start here\n\nWith reasons.")
    base = stage.commit({"cart.py": "def total():\n    return 2\n"}, "Second")
    good = (
        quote_code("cart.py", 2, "return 2"),
        quote_code("cart.py", 2, "    return    2   "),
        Citation(kind=CitationKind.CODE, path="cart.py", line=2, commit=old, quote="return 1"),
        Citation(kind=CitationKind.CODE, path="cart.py", line=1),
        quote_commit(old, "Start here"),
        quote_commit(old),
        Citation(kind=CitationKind.COMMIT, commit=old, quote="With  reasons."),
        quote_event("\n  the second line \nmore"),
        quote_event("region"),
        quote_event("north"),
    )
    bad = (
        quote_code("cart.py", 2, "return 1"),
        quote_code("cart.py", 3, ""),
        quote_code("absent.py", 1, ""),
        Citation(kind=CitationKind.CODE, quote="return 2"),
        Citation(kind=CitationKind.CODE, path="cart.py"),
        Citation(kind=CitationKind.CODE, path="cart.py", line=1, commit="0" * 40),
        quote_commit("0" * 40),
        Citation(kind=CitationKind.COMMIT, quote="Start here"),
        quote_commit(old, "Never said"),
        quote_event("never seen"),
        quote_event(""),
    )
    alert = report(**ALERT)
    told = (
        *(Statement(text=f"good {each}", citations=(each,)) for each in good),
        *(Statement(text=f"bad {each}", citations=(each,)) for each in bad),
        Statement(text="mixed", citations=(good[0], bad[0])),
        Statement(text="no citation at all"),
    )
    kept = check_citations(told, stage.repository, base, alert)
    assert [statement.text for statement in kept] == [*(f"good {each}" for each in good), "mixed"]
    assert kept[-1].citations == (good[0],)
