from survey.answers import read_answers
from survey.report import report

EXPORT = ["question,score", "Delivery,5", "Delivery,4", "Price,2"]


def test_scores_are_grouped():
    assert read_answers(EXPORT) == {"Delivery": [5, 4], "Price": [2]}


def test_the_report_has_a_line_per_question():
    lines = report(read_answers(EXPORT)).splitlines()
    assert lines[0].split() == ["Delivery", "n=2", "avg=4.50", "top=100%"]
