from rota.paging import page
from rota.plan import DUTY_MANAGER, on_call, plan


def test_the_duty_manager_takes_over():
    away = {"ida": ["2026-05-01"], "tom": ["2026-05-01"]}
    assert on_call(["ida", "tom"], away, "2026-05-01") == DUTY_MANAGER
    alarm = {"service": "shop", "day": "2026-05-01", "text": "x"}
    assert page(alarm, {"people": ["ida", "tom"], "absences": away})["to"] == DUTY_MANAGER


def test_only_on_that_day():
    made = plan(["ida"], {"ida": ["2026-05-02"]}, "2026-05-01", 3)
    assert list(made.values()) == ["ida", DUTY_MANAGER, "ida"]
