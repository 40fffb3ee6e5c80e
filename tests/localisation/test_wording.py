import pytest

from suture.localisation.wording import WordedFile, given_in, reads_in, words_in


def file(text: str, path: str = "a.js") -> WordedFile:
    return WordedFile(path, text)


def texts(text: str, path: str = "a.js") -> list[str]:
    return [token.text for token in file(text, path).tokens]


def test_comments_semicolons_quotes_and_trailing_commas_do_not_count() -> None:
    one = "f(a, 'b',);  // why\n/* because\n*/ g(`c`)"
    assert texts(one) == texts('f(a, "b")\ng(`c`);')
    assert texts("x = 'a'", "a.go") != texts('x = "a"', "a.go")


def test_tokens_know_their_lines() -> None:
    tokens = file("a\n/* x\n y */ b\n`c\nd` e").tokens
    assert [(token.text, token.line) for token in tokens] == [
        ("a", 1),
        ("b", 3),
        ("`c\nd`", 4),
        ("e", 5),
    ]


def test_words_are_counted_without_keywords() -> None:
    assert words_in(file("return cart['total'] + cart.x1").tokens) == {
        "cart": 2,
        "total": 1,
        "x1": 1,
    }


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("{ a: 1, 'b': f(2, 3) }", {"a": "1", "b": "f ( 2 , 3 )"}),
        ("this.total = x + 1", {"total": "x + 1"}),
        ("total = 1", {}),
        ("x := y", {}),
        ("switch (x) { default: y }", {}),
        ("{ a: [\n1 ] }", {"a": "["}),
    ],
)
def test_what_fields_and_keys_are_given(text: str, given: dict[str, str]) -> None:
    assert given_in(file(text).tokens) == given


def test_what_fields_and_keys_are_read() -> None:
    assert reads_in(file("a.b['c'] + d[e] + f.g()").tokens) == {"b", "c", "g"}


def test_a_class_owns_what_is_in_no_method_of_it() -> None:
    source = file("class A {\n  x = 1\n  f() {\n    return 2\n  }\n}\nlet y = 3\n")
    owned = source.own_tokens(source.symbols.find("A"))
    assert [token.text for token in owned] == ["class", "A", "{", "x", "=", "1", "}"]
    assert [token.text for token in source.own_tokens(None)] == ["let", "y", "=", "3"]


@pytest.mark.parametrize("piece", ["/*", '"', "'", "`", "\\", "{a:", "//", "$"])
def test_hostile_text_is_read_to_its_end(piece: str) -> None:
    assert len(file(piece * 20_000).tokens) <= len(piece) * 20_000
