from fulfilment.worker import handle


def fire():
    handle({"id": "o-5501", "name": "Ida", "country": "DE", "weight_grams": 1200})
