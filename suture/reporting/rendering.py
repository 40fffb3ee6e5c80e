"""Rendering templates that are data files. Hostile text can neither mark up nor mention.

https://jinja.palletsprojects.com/
"""

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from suture.domain.report import IncidentReport
from suture.domain.ticket import Link

MAX_LINE = 400
MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!])")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
MENTION = re.compile(r"@(?=\w)")


def plain(text: object) -> str:
    """Return one line of foreign text that means nothing to Markdown and notifies nobody."""
    line = " ".join(CONTROL.sub(" ", str(text)).split())
    if len(line) > MAX_LINE:
        line = line[: MAX_LINE - 1] + "…"
    return MENTION.sub("@\u2060", MARKUP.sub(r"\\\1", line))


def one_line(text: object) -> str:
    """Return foreign text as one line without control characters that notifies nobody."""
    return MENTION.sub("@\u2060", " ".join(CONTROL.sub(" ", str(text)).split()))


def code(text: object) -> str:
    """Return foreign text as inline code."""
    line = " ".join(CONTROL.sub(" ", str(text)).split())[:MAX_LINE]
    return "`" + line.replace("`", "'") + "`"


def money(amount: float) -> str:
    """Return an amount in dollars, with cents that tell something."""
    return f"${amount:.2f}" if amount >= 0.01 or amount == 0 else f"${amount:.4f}"  # noqa: PLR2004 -- one cent


def source_links(report: IncidentReport) -> tuple[Link, ...]:
    """Return where the incident's first alert is shown at its source, if its vendor said so."""
    first = report.notices[0] if report.notices else None
    if first is None or not first.link:
        return ()
    return (Link(title=f"Alert at {first.source}", url=first.link),)


@cache
def _environment() -> Environment:
    # Templates make Markdown, where HTML escapes would show; `plain` and `code` defuse instead.
    environment = Environment(
        loader=PackageLoader("suture.reporting"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        autoescape=False,  # noqa: S701 -- no HTML is made here
    )
    environment.filters.update(plain=plain, code=code, money=money)
    return environment


def render(template: str, report: IncidentReport, console: str) -> str:
    """Render one template of this package."""
    page = f"{console.rstrip('/')}/incidents/{report.key.incident_id}" if console else ""
    text = _environment().get_template(template).render(report=report, page=page)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
