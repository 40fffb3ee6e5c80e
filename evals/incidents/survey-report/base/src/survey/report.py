"""The report as text."""

from survey.figures import average, top_share


def line(question: str, scores: list[int]) -> str:
    return f"{question:<30} n={len(scores):<4} avg={average(scores):.2f} top={top_share(scores):.0%}"


def report(answers: dict[str, list[int]]) -> str:
    return "\n".join(line(question, scores) for question, scores in answers.items())
