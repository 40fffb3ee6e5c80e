from fulfilment.labels import write_pdf


def fire():
    write_pdf("labels", {"id": "o-5501", "name": "Ida", "country": "DE", "weight_grams": 1200}, "T-90031")
