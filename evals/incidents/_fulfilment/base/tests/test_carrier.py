from fulfilment.carrier import request_body


def test_the_body_is_json():
    body = request_body({"id": "o1", "country": "DE", "weight_grams": 5})
    assert body == b'{"grams": 5, "reference": "o1", "to": "DE"}'
