from fulfilment.rates import fee_in_euro


def fire():
    fee_in_euro({"cents": 1890, "currency": "PLN"}, "http://127.0.0.1:1/rates")
