import base64
import json
from datetime import UTC, datetime

import pytest

from integrations.datadog.webhook import Body, DatadogWebhook
from suture.domain.alert import Severity
from suture.domain.inbound import Transition
from suture.errors import InvalidInput, NotAuthorised
from tests.vendors.datadog_samples import LOGS, news, recovered, unset
from tests.vendors.deliveries import SECRET, delivery, documented, read

WEBHOOK = DatadogWebhook()
BASIC = "Basic " + base64.b64encode(f"suture:{SECRET}".encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Suture-Secret": SECRET},
        {"Authorization": f"Bearer {SECRET}"},
        {"Authorization": BASIC},
    ],
    ids=["header", "bearer", "basic"],
)
def test_the_secret_opens_in_its_header_as_bearer_and_as_password(
    headers: dict[str, str],
) -> None:
    WEBHOOK.authenticate(delivery(headers=headers), ("another", SECRET))


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Suture-Secret": "another"},
        {"X-Suture-Secret": ""},
        {"X-Suture-Secret": "another", "Authorization": f"Bearer {SECRET}"},
        {"Authorization": "Bearer another"},
    ],
)
def test_another_secret_does_not(headers: dict[str, str]) -> None:
    with pytest.raises(NotAuthorised):
        WEBHOOK.authenticate(delivery(headers=headers), (SECRET,))


def test_a_monitor_says_what_is_wrong_where() -> None:
    [told] = read(WEBHOOK, news())
    assert told.title == "Checkouts fail"
    assert told.service == "shop"
    assert told.environment == "live"
    assert told.release == "1.4.2"
    assert told.severity is Severity.HIGH
    assert told.occurred_at == datetime(2026, 11, 21, 11, 58, tzinfo=UTC)
    assert told.message.startswith("More than 5%")
    assert "Query: sum(last_5m)" in told.message
    assert told.labels["monitor"] == "148275309"
    assert told.labels["host"] == "web-1"


@pytest.mark.parametrize(
    ("transition", "expected"),
    [
        ("Triggered", Transition.RAISED),
        ("Re-Triggered", Transition.RAISED),
        ("Warn", Transition.RAISED),
        ("Re-Warn", Transition.RAISED),
        ("No Data", Transition.RAISED),
        ("Re-No Data", Transition.RAISED),
        ("Renotify", Transition.RAISED),
        ("Recovered", Transition.RESOLVED),
        ("Warn Recovered", Transition.RESOLVED),
    ],
)
def test_each_transition_begins_or_ends_the_problem(transition: str, expected: Transition) -> None:
    [told] = read(WEBHOOK, news(transition=transition))
    assert told.transition is expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("error", Transition.RAISED),
        ("warning", Transition.RAISED),
        ("success", Transition.RESOLVED),
    ],
)
def test_without_a_transition_the_type_says_so(kind: str, expected: Transition) -> None:
    [told] = read(WEBHOOK, news(transition="$ALERT_TRANSITION", type=kind))
    assert told.transition is expected


@pytest.mark.parametrize(
    "payload",
    [
        news(transition="Null"),
        news(transition="", type="info"),
        {**unset(), "transition": "$ALERT_TRANSITION"},
        news(title="[TEST] [Triggered on {host:web-1}] Checkouts fail"),
    ],
    ids=["null", "info", "no monitor", "test"],
)
def test_what_no_monitor_found_is_no_alert(payload: dict[str, object]) -> None:
    assert read(WEBHOOK, payload) == ()


def test_another_payload_than_the_documented_one_is_refused() -> None:
    with pytest.raises(InvalidInput, match="transition"):
        read(WEBHOOK, {"id": "1", "title": "[Triggered] Checkouts fail", "event_type": "x"})
    with pytest.raises(InvalidInput, match="tags"):
        read(WEBHOOK, news(tags=["service:shop"]))


def test_the_end_of_a_problem_belongs_to_its_beginning_on_whichever_copy() -> None:
    [began] = read(WEBHOOK, news())
    [copy] = read(WEBHOOK, news(scope="service:shop, host:web-2"))
    [ended] = read(WEBHOOK, recovered())
    [other] = read(WEBHOOK, news(scope="host:web-1,service:till"))
    [monitor] = read(WEBHOOK, news(alert_id="2"))
    assert began.group == copy.group == ended.group
    assert len({began.group, other.group, monitor.group}) == 3
    assert ended.title == began.title


def test_a_delivery_that_comes_again_is_the_same_news_and_a_repetition_is_not() -> None:
    [first] = read(WEBHOOK, news())
    [again] = read(WEBHOOK, news(id="another"))
    [reminder] = read(WEBHOOK, news(transition="Renotify"))
    [cycle] = read(WEBHOOK, news(cycle="2"))
    assert first.alert_id == again.alert_id
    assert len({first.alert_id, reminder.alert_id, cycle.alert_id}) == 3


def test_without_a_cycle_the_events_own_id_tells_news_apart() -> None:
    [first] = read(WEBHOOK, news(cycle="$ALERT_CYCLE_KEY"))
    [other] = read(WEBHOOK, news(cycle="$ALERT_CYCLE_KEY", id="another"))
    assert first.alert_id != other.alert_id


def test_variables_that_arrive_as_their_names_are_missing() -> None:
    [told] = read(WEBHOOK, unset())
    assert told.title == "Datadog monitor"
    assert told.labels == {}
    assert "$" not in told.model_dump_json()


def test_a_price_is_no_variable() -> None:
    [told] = read(WEBHOOK, news(title="$PRICE is wrong", body="$5"))
    assert told.title == "$PRICE is wrong"
    assert told.message.startswith("$5")


@pytest.mark.parametrize(
    ("fields", "severity"),
    [
        ({"priority": "P1"}, Severity.CRITICAL),
        ({"priority": "P5"}, Severity.LOW),
        ({"priority": 3}, Severity.MEDIUM),
        ({"priority": None}, Severity.HIGH),
        ({"priority": "P1", "transition": "Warn"}, Severity.MEDIUM),
        ({"priority": "P4", "type": "warning"}, Severity.LOW),
    ],
)
def test_the_monitors_priority_says_how_bad_it_is(
    fields: dict[str, object], severity: Severity
) -> None:
    assert read(WEBHOOK, news(**fields))[0].severity is severity


@pytest.mark.parametrize(
    "logs", [LOGS, json.dumps(LOGS), LOGS["rows"]], ids=["object", "text", "rows"]
)
def test_the_sample_of_logs_becomes_the_log(logs: object) -> None:
    [told] = read(WEBHOOK, news(logs=logs))
    assert told.log.splitlines() == [
        "11:57:18 UTC web-1 ERROR checkout failed: no such voucher",
        '11:57:21 UTC web-2 GET "/checkout" 500',
    ]


@pytest.mark.parametrize(
    ("logs", "log"),
    [
        ("12:00 ERROR plain", "12:00 ERROR plain"),
        ("500", "500"),
        ('{"rows": 1}', ""),
        ('["a line", {"items": 1}]', "a line"),
        (None, ""),
    ],
)
def test_any_other_sample_is_kept_as_far_as_it_is_text(logs: object, log: str) -> None:
    assert read(WEBHOOK, news(logs=logs))[0].log.strip() == log


@pytest.mark.parametrize(
    "told",
    ["1795262280", 1795262280000, "2026-11-21T11:58:00Z", "2026-11-21T12:58:00+01:00"],
)
def test_a_time_may_be_in_seconds_milliseconds_or_words(told: object) -> None:
    at = read(WEBHOOK, news(last_updated=told))[0].occurred_at
    assert at == datetime(2026, 11, 21, 11, 58, tzinfo=UTC)


@pytest.mark.parametrize("told", ["yesterday", "2026-11-21T11:58:00", "9" * 15, "9" * 40, ""])
def test_a_time_that_is_none_is_left_out(told: str) -> None:
    assert read(WEBHOOK, news(last_updated=told))[0].occurred_at is None


def test_of_several_values_of_a_tag_the_one_it_triggered_on_counts() -> None:
    [told] = read(WEBHOOK, news(tags="service:till, service:shop, ,monitor,:x"))
    assert told.service == "shop"
    assert told.labels["monitor"] == "148275309"
    [flagged] = read(WEBHOOK, news(tags="canary", scope=""))
    assert flagged.labels["canary"] == "true"


def test_the_payload_to_paste_has_just_what_is_read() -> None:
    template, example = documented("docs/how-to/datadog-alerts.md")
    assert set(template) == set(Body.model_fields)
    assert all(value.startswith("$") for value in template.values())
    [told] = read(WEBHOOK, example)
    assert told.title == "A drill"
    assert told.service == "shop"
