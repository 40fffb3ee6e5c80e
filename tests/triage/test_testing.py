import pytest

from suture.domain.alert import AlertKind, FailedTest
from suture.domain.diagnosis import Category, Fixability
from tests.builders.stage import Stage, report


@pytest.mark.parametrize(
    "log",
    [
        "tests/test_x.py::test_a RERUN",
        "OSError: [Errno 98] Address already in use",
        "Using --randomly-seed=1234",
        "E  Failed: Timeout >10.0s",
    ],
)
def test_a_log_that_tells_of_chance_is_believed(stage: Stage, log: str) -> None:
    stage.commit({"a.py": "x = 1\n"})
    failed = FailedTest(node_id="tests/test_x.py::test_a", message="assert 1 == 2")
    diagnosis = stage.diagnosis(report(kind="test_failure", failed_tests=(failed,), log=log))
    assert diagnosis.category is Category.FLAKY_TEST
    assert diagnosis.fixability is Fixability.NOT_CODE


CODE = "import datetime\n\n\ndef stamp():\n    return '2020-01-01'\n"
TEST = (
    "import datetime\nfrom code_ import stamp\n\n\ndef test_today():\n"
    "    today = datetime.date.today()\n    assert stamp() == today.isoformat()\n"
)


def test_a_test_that_asks_the_clock_is_for_a_human(stage: Stage) -> None:
    stage.commit({"code_.py": CODE, "test_code.py": TEST}, "Start")
    alert = stage.failing("import test_code; test_code.test_today()", kind="test_failure")
    diagnosis = stage.diagnosis(alert)
    assert diagnosis.category is Category.FLAKY_TEST
    assert diagnosis.fixability is Fixability.NEEDS_HUMAN
    stage.commit({"code_.py": CODE.replace("2020", "2021")}, "Change the stamp")
    assert stage.diagnosis(alert).category is Category.CODE_DEFECT


def test_a_test_that_fails_for_its_code_is_a_defect_even_if_that_refuses(stage: Stage) -> None:
    code = "def book(a, b):\n    if a <= b:\n        raise ValueError('taken')\n    return 1\n"
    test = "from room import book\n\n\ndef test_book():\n    assert book(1, 1)\n"
    stage.commit({"room.py": code, "test_room.py": test})
    alert = stage.failing("import test_room; test_room.test_book()")
    failed = alert.model_copy(
        update={
            "kind": AlertKind.TEST_FAILURE,
            "failed_tests": (FailedTest(node_id="test_room.py::test_book"),),
        }
    )
    diagnosis = stage.diagnosis(failed)
    assert diagnosis.category is Category.CODE_DEFECT
    assert diagnosis.cause is not None
    assert diagnosis.cause.function == "book"


def test_a_test_and_code_that_both_ask_the_clock_are_flaky(stage: Stage) -> None:
    code = CODE.replace("'2020-01-01'", "str(datetime.datetime.now().year)")
    stage.commit({"code_.py": code, "test_code.py": TEST}, "Start")
    alert = stage.failing("import test_code; test_code.test_today()", kind="test_failure")
    diagnosis = stage.diagnosis(alert)
    assert diagnosis.category is Category.FLAKY_TEST
    assert diagnosis.fixability is Fixability.NOT_CODE
