"""People are told which causes competed, and what the runs said of each."""

from rich.console import Console

from apps.cli.story import show_findings, show_incident
from suture.domain.evidence import Location
from suture.domain.hypothesis import Hypothesis, HypothesisState
from suture.domain.report import IncidentReport
from suture.reporting.pull_request import body_for
from suture.reporting.ticket import ticket_for
from tests.builders.reports import build_report

KEPT = Hypothesis(
    label="H2",
    place=Location(path="shop/cart.py", line=12, function="Cart.mean_price"),
    claim="It returns nothing.",
    state=HypothesisState.KEPT,
    why="Given items=[] it returned None in a failing test.",
)
OUT = Hypothesis(
    label="H1",
    place=Location(path="shop/money.py", line=40),
    claim="It takes no nothing.",
    state=HypothesisState.RULED_OUT,
    why="H2 made such a value.",
)
NOTE = "Stated 90%; of 10 earlier ones by crash that stated 85% to 100%, 2 proved right."


def competing() -> IncidentReport:
    report = build_report()
    assert report.diagnosis is not None
    changes = {"hypotheses": (KEPT, OUT), "confidence_note": NOTE}
    diagnosis = report.diagnosis.model_copy(update=changes)
    return report.model_copy(update={"diagnosis": diagnosis})


def test_ticket_and_pull_request_hold_each_cause_with_the_value_that_decided() -> None:
    ticket, body = ticket_for(competing(), "").body, body_for(competing(), "")
    for text in (ticket, body):
        assert "H2 `shop/cart.py:12` in `Cart.mean_price`, **kept**" in text
        assert "**ruled out**" in text
    assert "2 proved right" in ticket


def test_the_command_line_tells_them_too() -> None:
    console = Console(record=True, width=200)
    show_incident(console, competing())
    show_findings(console, competing(), "")
    told = console.export_text()
    assert "H2 kept: shop/cart.py:12 in Cart.mean_price. It returns nothing." in told
    assert "H1 ruled out: shop/money.py:40." in told
