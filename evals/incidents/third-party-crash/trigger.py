from fulfilment.tracking import last_event


def fire():
    last_event(b'{"number": "T-90031", "events": [{"kind": "in_transit"}, {"kind": "drone_pickup"}]}')
