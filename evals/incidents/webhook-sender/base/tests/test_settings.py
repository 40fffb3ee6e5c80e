from sender.settings import Settings, parse


def test_defaults():
    assert parse("[sender]\n") == Settings()


def test_values_are_typed():
    assert parse("[sender]\nmax_attempts = 5\nverify_tls = no\n") == Settings(5, 0.5, False)
