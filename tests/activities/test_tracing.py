"""What failing tests run and passing ones do not, seen in the sandbox."""

from collections.abc import Iterator

import pytest

from activities import tracing
from activities.bench import Stand
from activities.tracing import in_repository, trace_tests
from suture.localisation.spectrum import Spectrum
from tests.toolchain.projects import stand_of

FILES = {
    "shop/__init__.py": "",
    "shop/cart.py": (
        "def rate(kind):\n"
        "    if kind == 'none':\n"
        "        return None\n"
        "    return 2\n\n\n"
        "def total(kind, price):\n"
        "    return rate(kind) * price\n\n\n"
        "def doubled(function):\n"
        "    return lambda: 2 * function()\n\n\n"
        "@doubled\n"
        "def two():\n"
        "    return 1\n\n\n"
        "def prepared():\n"
        "    return 0\n"
    ),
    "tests/test_cart.py": (
        "from shop.cart import doubled, prepared, total\n\n"
        "NOTHING = prepared()\n\n\n"
        "@doubled\n"
        "def made():\n    return 1\n\n\n"
        "def test_none():\n    assert total('none', 3) == 0\n"
    ),
    "tests/test_rate.py": (
        "import time\n\nfrom shop.cart import rate, total\n\n\n"
        "def test_rate():\n    assert rate('full') == 2\n\n\n"
        "def test_total():\n    assert total('full', 3) == 6\n\n\n"
        "def test_fails_for_another_reason():\n    assert rate('none') == 1\n\n\n"
        "def test_takes_too_long():\n    rate('none')\n    time.sleep(600)\n"
    ),
    "tests/test_unloadable.py": "import nothing_of_this_name\n",
}
FAILING = ("tests/test_cart.py::test_none",)


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with stand_of(FILES, tmp_path_factory.mktemp("traced"), root="app") as found:
        yield found


@pytest.fixture(scope="module")
def spectrum(stand: Stand) -> Spectrum:
    with pytest.MonkeyPatch.context() as patched:
        # A busy machine is to see all of it.
        patched.setattr(tracing, "SECONDS", 90.0)
        found = trace_tests(stand, FAILING)
    assert found is not None
    return found


def test_tests_of_other_files_show_what_is_the_failing_ones_own(spectrum: Spectrum) -> None:
    assert (spectrum.failed, spectrum.passed) == (1, 2)
    seen = {(ran.line, ran.passed) for ran in spectrum.lines if ran.path == "shop/cart.py"}
    assert {(2, 2), (3, 0), (8, 1)} <= seen
    assert not {line for line, _ in seen} & {4, 16}


def test_what_loading_a_file_of_tests_runs_is_its_tests_own_and_the_projects_is_everybodys(
    spectrum: Spectrum,
) -> None:
    ran = {each.line: each.passed for each in spectrum.lines if each.path == "shop/cart.py"}
    assert (ran[12], ran[21]) == (2, 0)


def test_calls_of_the_failing_test_and_where_exceptions_passed_are_told(
    spectrum: Spectrum, stand: Stand
) -> None:
    calls = {(call.line, call.caller_path, call.caller_line) for call in spectrum.calls}
    assert {(1, "shop/cart.py", 7), (7, "tests/test_cart.py", 11)} <= calls
    assert [(ran.path, ran.line) for ran in spectrum.raised if ran.path == "shop/cart.py"] == [
        ("shop/cart.py", 8)
    ]
    assert {ran.path for ran in in_repository(spectrum, stand).raised} == {
        "app/shop/cart.py",
        "app/tests/test_cart.py",
    }


def test_nothing_is_seen_where_no_test_fails(stand: Stand) -> None:
    assert trace_tests(stand, ("tests/test_rate.py::test_rate",)) is None
