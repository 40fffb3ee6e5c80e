from index import index, paragraph_starts


def test_a_trailing_empty_line_starts_nothing():
    assert paragraph_starts(["one", "", "two", ""]) == [0, 2]
    assert paragraph_starts(["one", ""]) == [0]


def test_every_paragraph_is_in_the_index():
    assert index("a\n\nb\n\n") == [("a", 1), ("b", 1)]


def test_other_texts_are_as_before():
    assert index("") == []
    assert paragraph_starts([]) == []
    assert paragraph_starts(["one", "two"]) == [0]
    assert paragraph_starts(["a", "", "b", "", "c"]) == [0, 2, 4]
