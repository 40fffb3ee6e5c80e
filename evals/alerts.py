"""Reads a case's event as its sender's would be read."""

from datetime import datetime

from evals.case import Prepared
from integrations.inbound import Delivery
from integrations.webhooks import WEBHOOKS
from suture.domain.alert import Alert
from suture.domain.inbound import Transition
from suture.errors import InvalidInput
from suture.hostile_json import parse_object
from suture.traces.detect import parse_report
from suture.traces.vendor import alert_of


def alert_in(prepared: Prepared, *, service: str, received_at: datetime) -> Alert:
    """Return the alert of a case: the first that a vendor's webhook raises, or what a text tells.

    Raises:
        InvalidInput: there is none in it.
    """
    if prepared.vendor is None:
        return parse_report(prepared.event, service=service, received_at=received_at)
    body = prepared.event.encode()
    delivery = Delivery(headers={}, body=body, received_at=received_at)
    told = WEBHOOKS[prepared.vendor].read(parse_object(body), delivery)
    raised = next((each for each in told if each.transition is Transition.RAISED), None)
    if raised is None:
        raise InvalidInput("The notification raises no alert.")
    environment = raised.environment or "production"
    return alert_of(raised, service=service, environment=environment, received_at=received_at)
