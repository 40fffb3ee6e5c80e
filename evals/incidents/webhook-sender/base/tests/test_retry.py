from sender.retry import deliver, pauses


def test_pauses_double():
    assert pauses(4, 0.5) == [0.5, 1.0, 2.0]


def test_pauses_end_at_the_longest():
    assert pauses(3, 45.0) == [45.0, 60.0]


def test_delivery_stops_at_the_first_success():
    answers = iter([500, 200, 500])
    slept = []
    assert deliver(lambda: next(answers), [0.1, 0.2], slept.append)
    assert slept == [0.1]


def test_delivery_gives_up():
    assert not deliver(lambda: 503, [0.1], lambda wait: None)
