"""Answers as the form tool exports them: `question,score` with scores 1 to 5 or empty."""

import csv
from collections.abc import Iterable


def read_answers(lines: Iterable[str]) -> dict[str, list[int]]:
    """Return the scores per question, in the order of the file.

    A question nobody answered has an empty list.
    """
    scores: dict[str, list[int]] = {}
    for row in csv.DictReader(lines):
        given = scores.setdefault(row["question"].strip(), [])
        if row["score"].strip():
            given.append(int(row["score"]))
    return scores
