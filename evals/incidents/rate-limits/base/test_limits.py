import pytest

import bucket
import limits

CONFIG = '{"clients": {"acme": {"per_minute": 120, "burst": 2}, "zeta": {"per_minute": "30"}}}'


def test_settings_are_read():
    clients = limits.load(CONFIG)
    assert limits.per_minute(clients["acme"]) == 120
    assert limits.burst(clients["zeta"]) == 5


def test_nonsense_is_refused():
    with pytest.raises(limits.BadConfig):
        limits.per_minute({"per_minute": 0})


def test_tokens_grow_back():
    made = bucket.new_bucket(limits.load(CONFIG)["acme"], now=0)
    assert [bucket.take(made, 0) for _ in range(3)] == [True, True, False]
    assert bucket.take(made, 0.6)
