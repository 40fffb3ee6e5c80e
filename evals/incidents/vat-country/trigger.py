from vat.billing import bill


def fire():
    bill({"id": "o-310", "country": "CH", "items": [{"title": "Lamp", "cents": 4900, "quantity": 2}]})
