from rota.plan import on_call, plan

TEAM = ["ida", "tom", "eva"]


def test_weeks_rotate():
    assert on_call(TEAM, {}, "2026-01-06") == "ida"
    assert on_call(TEAM, {}, "2026-01-12") == "tom"


def test_who_is_away_is_passed_over():
    made = plan(TEAM, {"ida": ["2026-01-06"]}, "2026-01-05", 3)
    assert list(made.values()) == ["ida", "tom", "ida"]
