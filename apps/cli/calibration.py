"""The reliability of stated confidences, as text."""

from rich.table import Table

from apps.cli.rendering import table
from suture.memory.calibration import Reliability


def summary_of(found: Reliability) -> str:
    """Say in a sentence how far stated confidences can be trusted."""
    if found.brier_stated is None or found.brier_corrected is None:
        return (
            "No diagnosis has proved right or wrong yet: none was merged and watched, or rejected."
        )
    return (
        f"{found.claims} diagnoses proved right or wrong. Brier score {found.brier_stated:.3f} as "
        f"stated, {found.brier_corrected:.3f} as corrected by the outcomes known before each."
    )


def reliability_table(found: Reliability) -> Table:
    """Return a row for each bin of stated confidence."""
    rows = [
        (
            f"{each.least:.0%} to {each.most:.0%}",
            str(each.claims),
            f"{each.stated:.0%}",
            f"{each.right:.0%}",
        )
        for each in found.bins
    ]
    return table(("confidence", "diagnoses", "stated", "proved right"), rows)
