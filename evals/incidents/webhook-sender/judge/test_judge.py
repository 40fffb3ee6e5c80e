from sender.batch import deliver_all
from sender.settings import Settings, parse


def test_numbers_are_numbers():
    settings = parse("[sender]\nfirst_pause = 0.25\n")
    assert settings.first_pause == 0.25
    assert isinstance(settings.first_pause, float)


def test_defaults_stay():
    assert parse("[sender]\n") == Settings()


def test_pauses_follow_the_settings():
    slept = []
    settings = parse("[sender]\nmax_attempts = 3\nfirst_pause = 1.5\n")
    deliver_all(settings, ["http://a"], lambda u: 500, slept.append)
    assert slept == [1.5, 3.0]


def test_whole_seconds_are_fine():
    assert parse("[sender]\nfirst_pause = 2\n").first_pause == 2.0
