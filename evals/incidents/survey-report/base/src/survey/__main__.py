"""Command line."""

import sys
from pathlib import Path

from survey.answers import read_answers
from survey.report import report


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m survey ANSWERS.csv", file=sys.stderr)
        return 2
    lines = Path(arguments[0]).read_text(encoding="utf-8").splitlines()
    print(report(read_answers(lines)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
