"""Recording what failing and passing tests run, and what that says of where the fault is."""

import json
from collections.abc import Sequence
from itertools import islice

from activities.bench import Stand
from activities.driving import drive
from suture.domain.alert import Alert
from suture.domain.evidence import Evidence, Location
from suture.localisation.places import rank_places
from suture.localisation.snapshot import Snapshot
from suture.localisation.spectrum import Spectrum, neighbouring_tests, read_spectrum
from suture.ports.source import SourceRepository

MAX_FILES = 20_000
OPTIONS = (
    *("-q", "--tb=no", "--show-capture=no", "-p", "no:cacheprovider"),
    "--continue-on-collection-errors",
)
SECONDS, GRACE_SECONDS = 15.0, 15.0
"""Time of the tests, and half of it for loading others' files; and what the last may take more."""


def trace_tests(stand: Stand, node_ids: Sequence[str]) -> Spectrum | None:
    """Run failing tests, and passing ones of the same files and of others, and see what each runs.

    None where nothing could be seen. Node ids are relative to the service's root.
    """
    places = dict.fromkeys(node.partition("::")[0] for node in node_ids)
    others = neighbouring_tests(_sources(stand), node_ids)
    plan = {
        "failing": list(node_ids),
        "options": [*OPTIONS, *places, *others],
        "seconds": SECONDS,
        "grace": GRACE_SECONDS,
    }
    return read_spectrum(
        *drive(stand, "spectrum", json.dumps(plan), {}, SECONDS + 2 * GRACE_SECONDS)
    )


def _sources(stand: Stand) -> list[str]:
    """Return the Python files of the service, by paths from its root."""
    root = stand.tree / stand.inside("")
    return [path.relative_to(root).as_posix() for path in islice(root.rglob("*.py"), MAX_FILES)]


def in_repository(spectrum: Spectrum, stand: Stand) -> Spectrum:
    """Return a spectrum with paths from the repository's top in place of the service's root."""
    return spectrum.moved(stand.inside)


def suspect_places(
    alert: Alert, evidence: Evidence, spectrum: Spectrum, repository: SourceRepository
) -> tuple[Location, ...]:
    """Return where the fault may have been made, the likeliest function first."""
    return rank_places(alert, evidence, spectrum, Snapshot(repository, evidence.base_sha))
