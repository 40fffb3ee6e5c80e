from vat.invoice import invoice

BOOK = {"title": "Book", "cents": 2000, "quantity": 1, "kind": "reduced"}


def test_german_books_are_reduced():
    assert invoice({"country": "DE", "items": [BOOK]})["gross"] == 2140


def test_french_books_too():
    assert invoice({"country": "FR", "items": [BOOK]})["vat"] == 110
