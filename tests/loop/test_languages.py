"""The whole loop on failed builds of other languages, by the command that people use."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.builders.command import Commands
from tests.builders.repository import RepositoryBuilder
from tests.toolchain.projects import GO, JAVASCRIPT, needs

SECONDS = 400
"""Go compiles its standard library first, which takes minutes on a busy machine."""
JAVASCRIPT_LOG = """\
\u2716 sums all lines (1.2ms)
TAP version 13
# Subtest: basket
    # Subtest: sums all lines
    not ok 1 - sums all lines
      ---
      duration_ms: 1.2
      location: '/home/runner/work/basket/basket/test/basket.test.js:7:3'
      failureType: 'testCodeFailure'
      error: |-
        Expected values to be strictly equal:

        400 !== 600

      code: 'ERR_ASSERTION'
      name: 'AssertionError'
      expected: 600
      actual: 400
      operator: 'strictEqual'
      ...
    1..1
not ok 1 - basket
1..1
# tests 3
# pass 2
# fail 1
"""
GO_LOG = """\
--- FAIL: TestTotalSumsLines (0.00s)
    invoice_test.go:8: Total = -600, want 600
FAIL
FAIL\texample.com/billing/invoice\t0.004s
FAIL
"""


def fix(
    commands: Commands, repository: RepositoryBuilder, log: str, directory: Path
) -> dict[str, Any]:
    event = directory / "build.log"
    event.write_text(log, encoding="utf-8")
    done = commands.run(
        *("fix", "--repo", str(repository.path), "--event", str(event), "--json"),
        directory=directory,
        environment={**os.environ, "HOME": str(directory / "home")},
        seconds=SECONDS,
    )
    assert done.returncode in {0, 3}, done.stderr[-2_000:]
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.timeout(SECONDS + 30)
def test_a_failed_build_of_javascript_ends_in_a_verified_pull_request(
    commands: Commands, tmp_path: Path
) -> None:
    needs("node")
    repository = RepositoryBuilder(tmp_path / "basket")
    repository.commit(JAVASCRIPT, "Sum baskets")
    broken = JAVASCRIPT["lib/basket.js"].replace("price * lines[i].count", "price + lines[i].count")
    repository.commit({"lib/basket.js": broken}, "Tidy up")
    repository.commit({"README.md": "Baskets.\n"}, "Say what this is")

    answer = fix(commands, repository, JAVASCRIPT_LOG, tmp_path)

    assert answer["outcome"] == "pull_request_ready", answer["summary"]
    assert answer["verification"]["red_green_red"]
    assert "+    sum += lines[i].price * lines[i].count;" in answer["patch"]
    assert answer["root_cause"]["category"] == "code_defect"


@pytest.mark.timeout(SECONDS + 30)
def test_a_failed_build_of_go_ends_in_a_verified_pull_request_without_any_history(
    commands: Commands, tmp_path: Path
) -> None:
    needs("go")
    repository = RepositoryBuilder(tmp_path / "billing")
    broken = GO["invoice/invoice.go"].replace("sum +=", "sum -=")
    repository.commit({**GO, "invoice/invoice.go": broken}, "Bill")

    answer = fix(commands, repository, GO_LOG, tmp_path)

    assert answer["outcome"] == "pull_request_ready", answer["summary"]
    assert answer["verification"]["red_green_red"]
    assert "+\t\tsum += line.Price * line.Count" in answer["patch"]


def test_a_crash_of_javascript_without_a_failing_test_is_told_honestly(
    commands: Commands, tmp_path: Path
) -> None:
    needs("node")
    repository = RepositoryBuilder(tmp_path / "basket")
    repository.commit(JAVASCRIPT, "Sum baskets")
    crash = (
        "TypeError: Cannot read properties of undefined (reading 'price')\n"
        "    at total (/srv/lib/basket.js:6:21)\n"
        "    at isFree (/srv/lib/basket.js:12:10)\n"
    )

    answer = fix(commands, repository, crash, tmp_path)

    assert answer["outcome"] == "not_reproduced", answer["summary"]
    assert answer["root_cause"]["file"] == "lib/basket.js"
    assert "names no failing test" in answer["ticket"]
