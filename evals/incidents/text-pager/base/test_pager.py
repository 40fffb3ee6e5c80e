import pager


def test_pages_have_footers():
    made = pager.pages("word " * 60)
    assert made[0][-1] == "- 1/2 -"
    assert len(made) == 2


def test_paragraphs_are_kept_apart():
    assert pager.wrap("one\n\ntwo") == ["one", "", "two"]
