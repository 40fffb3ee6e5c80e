from depot import settings


def test_overrides_win():
    assert settings.window_hours(settings.load({"window_hours": 6})) == 6
