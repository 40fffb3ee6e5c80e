"""The page shows what happened, and nothing in it leaves its place."""

import re
from html.parser import HTMLParser

from evals.board import Figure, Unit, make_board
from evals.outcome import CaseResult, Ending, ItemResult
from evals.page import render_page, told_bounds, told_figure
from evals.store import INCIDENTS, MEASURED, RunSettings
from evals.suite import IncidentSuite, MeasurementSuite, Threshold
from tests.evals.results import HOSTILE, hostile, result

SUITE = IncidentSuite(
    name="made-up", cases=(), thresholds=(Threshold(metric="resolved", least=0.5, most=1.0),)
)
RUN = RunSettings(suite="made-up", kind=INCIDENTS)


class Elements(HTMLParser):
    """Collects what a browser would make elements of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.policy = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        self.attributes |= given.keys()
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""


def page_of(*results: CaseResult) -> str:
    return render_page(make_board(RUN, SUITE, results), results)


def test_hostile_text_is_shown_and_does_nothing() -> None:
    page = page_of(hostile("evil"))
    elements = Elements(page)
    assert not elements.tags & {"script", "img", "iframe", "link", "object", "form", "a"}
    assert not {name for name in elements.attributes if name.startswith("on")}
    assert not elements.attributes & {"src", "href", "style"}
    assert "\u202e" not in page
    assert "[U+202E]" in page
    assert "{{ 7 * 7 }}" in page
    assert page.count("&lt;script&gt;") >= 20


def test_the_page_forbids_everything_but_its_own_style() -> None:
    elements = Elements(page_of(result("a")))
    assert elements.policy.startswith("default-src 'none'")
    assert re.search(r"style-src 'sha256-[A-Za-z0-9+/=]+'$", elements.policy)


def test_the_worst_comes_first_and_long_texts_are_cut() -> None:
    long = result("good", drill={"event": "x" * 20_000})
    page = page_of(long, hostile("evil"), result("lost", Ending.NOT_RUN))
    assert "8000 more characters in the run" in page
    places = [page.index(f'id="case-{name}"') for name in ("evil", "lost", "good")]
    assert places == sorted(places)
    assert "more lines in the run" in page
    assert len(page) < 60_000


def test_items_are_shown_with_their_texts() -> None:
    suite = MeasurementSuite(name="measured", items=())
    run = RunSettings(suite="measured", kind=MEASURED)
    items = (
        ItemResult(name="one", metrics={"recall": 0.25}, sections={"Log": HOSTILE}),
        ItemResult(name="two", problem=HOSTILE),
    )
    page = render_page(make_board(run, suite, items), items)
    assert not Elements(page).tags & {"script", "img"}
    assert "recall 0.250" in page


def test_figures_read_as_people_write_them() -> None:
    def told(unit: Unit, value: float | None) -> str:
        return told_figure(Figure(name="x", unit=unit, value=value))

    half = Figure(name="x", value=0.5, hits=1, of=2)
    assert told_figure(half) == "50.0% (1/2)"
    assert told(Unit.SHARE, None) == "nothing"
    assert told(Unit.USD, 0.0012) == "$0.0012"
    assert told(Unit.USD, 1.5) == "$1.50"
    assert told(Unit.NUMBER, 1234.5) == "1234"
    assert told(Unit.NUMBER, 0.25) == "0.25"
    assert told(Unit.SECONDS, 2.04) == "2.0 s"
    assert told_bounds(Figure(name="x")) == ""
    assert told_bounds(Figure(name="x", low=0.0, high=1.0)) == "0.0% to 100.0%"
