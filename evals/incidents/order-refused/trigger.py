from fulfilment.intake import parse_order


def fire():
    parse_order({"id": "o-5502", "name": "Tom", "country": "BR", "weight_grams": 800})
