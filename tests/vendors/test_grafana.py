import base64
import hashlib
import hmac
import json

import pytest

from benchmarks.envelopes import NOW
from integrations.grafana.webhook import GrafanaWebhook
from suture.domain.alert import Severity
from suture.domain.inbound import Transition
from suture.errors import InvalidInput, NotAuthorised
from suture.hostile_json import parse_object
from tests.vendors.deliveries import SECRET, delivery, documented, read
from tests.vendors.grafana_samples import alert, no_data, notification, trial

WEBHOOK = GrafanaWebhook()
BODY = json.dumps(notification()).encode()
TIME = "X-Grafana-Alerting-Timestamp"
AT = str(int(NOW.timestamp()))


def signature(content: bytes = BODY, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def signed(content: bytes = BODY, **more: str) -> dict[str, str]:
    return {"X-Grafana-Alerting-Signature": signature(content), **more}


@pytest.mark.parametrize(
    "headers",
    [
        signed(),
        {"X-Grafana-Alert-Signature": signature().upper()},
        {**signed(f"{AT}:".encode() + BODY), TIME: AT},
        {"Authorization": f"Bearer {SECRET}"},
        {"Authorization": "Basic " + base64.b64encode(f"x:{SECRET}".encode()).decode()},
        {**signed(), "Authorization": "Bearer of something else"},
    ],
    ids=["signature", "other header", "signature with time", "bearer", "basic", "both"],
)
def test_a_signature_opens_and_so_does_the_secret(headers: dict[str, str]) -> None:
    WEBHOOK.authenticate(delivery(BODY, headers), ("another", SECRET))


def test_the_signature_is_the_one_that_openssl_makes() -> None:
    # printf '1700000000:{"a": 1}' | openssl dgst -sha256 -hmac vector
    headers = {
        "X-Grafana-Alerting-Signature": (
            "b74ebae919a720d8daa613d0e182d66e8454aae2e65b6b55a84c76012c12589b"
        ),
        TIME: "1700000000",
    }
    with pytest.raises(NotAuthorised, match="seconds off"):
        WEBHOOK.authenticate(delivery(b'{"a": 1}', headers), ("vector",))


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Grafana-Alerting-Signature": signature(secret="another")},
        signed(BODY + b" "),
        {**signed(), TIME: AT},
        signed(f"{AT}:".encode() + BODY),
        {"X-Grafana-Alerting-Signature": "x", "Authorization": f"Bearer {SECRET}"},
        {"Authorization": "Bearer another"},
    ],
    ids=["secret", "body", "time added", "time removed", "signature first", "bearer"],
)
def test_what_is_forged_does_not(headers: dict[str, str]) -> None:
    with pytest.raises(NotAuthorised):
        WEBHOOK.authenticate(delivery(BODY, headers), (SECRET,))


@pytest.mark.parametrize("time", ["", "now", "-5", "\u0665", "9" * 13, "1700000000", "1e9"])
def test_a_signed_time_must_be_one_and_be_fresh(time: str) -> None:
    headers = {**signed(f"{time}:".encode() + BODY), TIME: time}
    with pytest.raises(NotAuthorised):
        WEBHOOK.authenticate(delivery(BODY, headers), (SECRET,))


def test_a_time_that_moves_into_the_body_makes_no_body() -> None:
    body = f"{AT}:".encode() + BODY
    WEBHOOK.authenticate(delivery(body, signed(body)), (SECRET,))
    with pytest.raises(InvalidInput):
        parse_object(body)


def test_an_alert_says_what_was_measured_and_where_to_look() -> None:
    [told] = read(WEBHOOK, notification())
    assert told.title == "HighErrorRate: 12% of the requests fail"
    assert told.message.splitlines() == [
        "More than 5% of the requests have failed for 5 minutes.",
        "Values: B = 0.123, C = 1",
        "Runbook: https://runbooks.example/errors",
        "Dashboard: https://grafana.example/d/shop",
        "Panel: https://grafana.example/d/shop?viewPanel=3",
        "Silence: https://grafana.example/alerting/silence/new?alertmanager=grafana",
    ]
    assert told.severity is Severity.CRITICAL
    assert told.service == "shop"
    assert told.labels["grafana_folder"] == "Shop"
    assert "/view" in told.link


def test_copies_of_a_service_share_the_problem_and_organisations_do_not() -> None:
    first, copy, other = read(
        WEBHOOK,
        notification(alert(), alert(instance="10.0.0.8:8000"), alert(alertname="SlowAnswers")),
    )
    [elsewhere] = read(WEBHOOK, notification(orgId=2))
    assert first.group == copy.group
    assert len({first.group, other.group, elsewhere.group}) == 3
    assert first.alert_id != copy.alert_id


def test_the_end_of_an_alert_belongs_to_its_beginning() -> None:
    [began] = read(WEBHOOK, notification())
    [ended] = read(WEBHOOK, notification(alert("resolved"), status="resolved"))
    assert ended.transition is Transition.RESOLVED
    assert ended.group == began.group
    assert ended.alert_id != began.alert_id
    assert ended.occurred_at != began.occurred_at


def test_an_alert_that_is_sent_again_is_the_same() -> None:
    [first] = read(WEBHOOK, notification())
    [again] = read(WEBHOOK, notification({**alert(), "values": {"B": 0.2}}))
    assert first.alert_id == again.alert_id


def test_a_rule_without_data_is_a_problem_of_its_own_and_names_the_rule() -> None:
    [told, lacking] = read(WEBHOOK, notification(alert(), no_data()))
    assert lacking.title.startswith("DatasourceNoData of HighErrorRate: ")
    assert "State: NoData" in lacking.message
    assert "Values" not in lacking.message
    assert lacking.group != told.group


def test_a_test_of_the_contact_point_is_no_alert() -> None:
    assert read(WEBHOOK, notification(trial())) == ()


def test_an_alert_with_nothing_but_a_beginning_is_still_one() -> None:
    bare = {"status": "firing", "startsAt": "2026-11-21T11:58:00Z"}
    [told] = read(WEBHOOK, notification(bare))
    assert told.title == "Alert"
    assert told.group
    [other] = read(WEBHOOK, notification(bare, groupKey="another"))
    assert other.group != told.group


@pytest.mark.parametrize(
    "fields", [{"version": "4"}, {"alerts": None}, {"alerts": [alert()] * 201}]
)
def test_what_is_none_of_grafanas_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        read(WEBHOOK, notification(**fields))


def test_the_alert_of_the_how_to_is_read() -> None:
    [payload] = documented("docs/how-to/grafana-alerts.md")
    [told] = read(WEBHOOK, payload)
    assert told.title == "HighErrorRate: A drill"
    assert told.service == "shop"
