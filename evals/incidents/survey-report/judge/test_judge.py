from survey.answers import read_answers
from survey.figures import average, spread, top_share
from survey.report import report


def test_nobody_answered():
    assert average([]) == 0.0
    assert spread([]) == 0
    assert top_share([]) == 0.0


def test_averages_are_as_before():
    assert average([5, 4]) == 4.5
    assert average([1, 2, 2]) == 1.67


def test_unanswered_questions_stay_in_the_report():
    lines = report(read_answers(["question,score", "B,", "A,5"])).splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["A", "n=1", "avg=5.00"], ["B", "n=0", "avg=0.00"]]
