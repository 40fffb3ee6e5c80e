"""The suite of labelled CI logs, on a small made-up data set of the same layout."""

from pathlib import Path

import pytest

from evals.suites.ci_logs import load
from suture.errors import InvalidInput

PASSED = "start 1\nall is well\nend\n"
FAILED = "start 2\n10 %\rmain.py:3: error: no\n  more of it\n[ERROR] main.py:3: error: no\nend\n"


def pair(root: Path, name: str, *labels: str, failed: str = FAILED) -> None:
    folder = root / "data" / name
    folder.mkdir(parents=True)
    (folder / "fail.log").write_bytes(failed.encode())
    (folder / "pass.log").write_text(PASSED)
    for number, label in enumerate(labels, 1):
        suffix = "" if number == 1 else str(number)
        (folder / f"groundtruth{suffix}").write_text(label)


def test_pairs_are_found_named_and_grouped(tmp_path: Path) -> None:
    pair(tmp_path, "breakages/cart_7", "DEFAULT\nE 3-4\n")
    pair(tmp_path, "dump/Quick Checks_/run1", "RAW_GITHUB\nE 3\n")
    (tmp_path / "data" / "unlabelled").mkdir()
    suite = load(tmp_path)
    assert [(item.name, item.group) for item in suite.items] == [
        ("breakages-cart-7", "breakages"),
        ("quick-checks-run1", "dump"),
    ]
    assert {threshold.metric for threshold in suite.thresholds} == {"recall", "precision"}


def test_what_all_annotators_state_must_be_found_and_what_any_marks_may_be(tmp_path: Path) -> None:
    # The lone carriage return ends line 2, as the labels count.
    pair(tmp_path, "cart", "DEFAULT\nE 3-4\nE 99\n", "DEFAULT\nE 3\nC 4\nnonsense\n")
    [item] = load(tmp_path).items
    measured = item.measure()
    assert measured.metrics["recall"] == 1.0
    assert measured.metrics["precision"] == 1.0
    assert measured.sections["to be found"] == "+ 3: main.py:3: error: no"
    assert "+ 4: more of it" in measured.sections["offered"]


def test_annotators_who_agree_on_nothing_are_both_right(tmp_path: Path) -> None:
    pair(tmp_path, "cart", "DEFAULT\nE 3\n", "DEFAULT\nE 6\n")
    [item] = load(tmp_path).items
    assert item.measure().metrics["recall"] == 0.5


def test_labels_that_stand_beside_what_they_mean_are_read_with_their_shift(tmp_path: Path) -> None:
    failed = "start 2\nall is well\nend\nall is well\nmain.py:3: error: no\n  more of it\nend\n"
    pair(tmp_path, "shifted", "DEFAULT\nE 3-4\n", failed=failed)
    pair(tmp_path, "shifted_twice", "DEFAULT\nE 3-4\n", "DEFAULT\nE 3-4\n", failed=failed)
    once, twice = (item.measure().metrics for item in load(tmp_path).items)
    assert (once["recall"], once["recall_as_labelled"]) == (1.0, 0.0)
    assert (twice["recall"], twice["recall_as_labelled"]) == (0.0, 0.0)


def test_a_log_in_which_nothing_is_found_scores_nothing(tmp_path: Path) -> None:
    pair(tmp_path, "cart", "DEFAULT\nE 1\n", failed="quiet\n")
    pair(tmp_path, "blank", "DEFAULT\nE 2\n", failed="quiet\n")
    blank, cart = load(tmp_path).items
    assert (cart.measure().metrics["recall"], cart.measure().metrics["f1"]) == (0.0, 0.0)
    assert blank.measure().metrics["recall"] == 1.0


def test_a_folder_without_pairs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "groundtruth").write_text("DEFAULT\nE 1\n")
    with pytest.raises(InvalidInput, match="no labelled pair"):
        load(tmp_path)
    with pytest.raises(InvalidInput, match="no labelled pair"):
        load(None)
