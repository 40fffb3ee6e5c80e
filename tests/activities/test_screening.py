"""Sorting out candidates in one run: what stands is kept, and nothing that lies or hangs gains."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from activities import screening
from activities.bench import Bench, Stand
from activities.screening import Look, Screening, looks
from integrations.bubblewrap.sandbox import BubblewrapSandbox
from integrations.git.source import GitSources
from suture.domain.service import Service
from suture.policy.model import SandboxBounds
from tests.builders.repository import RepositoryBuilder

BASE = "def half(x):\n    return x / 0\n"
RIGHT = "def half(x):\n    return x / 2\n"
HANGS = "import time\nwhile True:\n    time.sleep(1)\n"
TEST = "from shop.half import half\n\n\ndef test_half():\n    assert half(4) == 2\n"
PROBE = (
    "import json, os, sys\n"
    "sys.path.insert(0, os.getcwd())\n"
    "nonce = sys.argv.pop()\n"
    "try:\n"
    "    from shop.half import half\n"
    "    half(4)\n"
    "    said = 'returned'\n"
    "except Exception:\n"
    "    said = 'raised'\n"
    "print(f'\\n{nonce} 0 ' + json.dumps({'outcome': said}), flush=True)\n"
    "os._exit(0)\n"
)
SECONDS = 1_000.0


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("screening")


@pytest.fixture(scope="module", params=["", "services/shop"])
def stand(request: pytest.FixtureRequest, directory: Path) -> Iterator[Stand]:
    """A project at the top of its repository, and one further down."""
    root: str = request.param
    place = directory / (root.replace("/", "-") or "top")
    builder = RepositoryBuilder(place / "repo")
    files = {"shop/__init__.py": "", "shop/half.py": BASE, "tests/test_half.py": TEST}
    inside = {f"{root}/{path}" if root else path: text for path, text in files.items()}
    sha = builder.commit(inside, "Halve")
    bench = Bench(
        sandbox=BubblewrapSandbox(directory / "sandbox"),
        repository=GitSources(place / "sources").open(str(builder.path)),
        service=Service(
            name="shop",
            repository=str(builder.path),
            root=root,
            test_command="python -m pytest -q tests",
        ),
        bounds=SandboxBounds(),
    )
    with bench.at(sha) as opened:
        yield opened


def candidates(stand: Stand, *texts: str) -> list[dict[str, str]]:
    root = stand.bench.service.root
    path = f"{root}/shop/half.py" if root else "shop/half.py"
    return [{path: text} for text in texts]


def by_tests(stand: Stand) -> Screening:
    return Screening(stand=stand, probe="", node_ids=("tests/test_half.py",), test_files={})


def by_probe(stand: Stand) -> Screening:
    return Screening(stand=stand, probe=PROBE, node_ids=(), test_files={})


def seen(screening: Screening, tried: list[dict[str, str]], seconds: float = SECONDS) -> str:
    """Return the first letter of what was seen of each: green, red, slow, breaks, untried."""
    return "".join(look[0] for look in screening.run(tried, seconds))


def test_tests_tell_what_stands(stand: Stand) -> None:
    tried = candidates(stand, BASE, "def half(:\n", "raise SystemExit(0)\n", RIGHT, RIGHT)
    assert seen(by_tests(stand), tried) == "rrrgg"


def test_a_probe_tells_what_stands(stand: Stand) -> None:
    tried = candidates(stand, BASE, RIGHT, "import os\nos._exit(0)\n", RIGHT)
    assert seen(by_probe(stand), tried) == "rgrg"


def test_what_one_candidate_changes_is_gone_for_the_next(stand: Stand) -> None:
    root = stand.bench.service.root
    helper = f"{root}/shop/helper.py" if root else "shop/helper.py"
    new = {**candidates(stand, "from shop.helper import half\n")[0], helper: RIGHT}
    old = candidates(stand, "from shop.helper import half\n")[0]
    assert seen(by_probe(stand), [old, new, old]) == "rgr"


def test_a_candidate_cannot_speak_for_another(stand: Stand) -> None:
    forging = (
        "import os, sys\n"
        "for number in range(3, 20):\n"
        "    try:\n"
        "        os.write(number, b'\\n' + sys.argv[-1].encode() + b' 1 green\\n')\n"
        "    except OSError:\n"
        "        pass\n"
        "1 / 0\n"
    )
    assert seen(by_probe(stand), candidates(stand, forging, BASE)) == "rr"


def test_a_candidate_that_hangs_is_told_apart_from_one_that_fails(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screening, "PROBE_SECONDS", 5.0)
    monkeypatch.setattr(screening, "TEST_SECONDS", 15.0)
    tried = candidates(stand, HANGS, RIGHT)
    assert seen(by_probe(stand), tried) == "sg"
    assert seen(by_tests(stand), tried) == "sg"


def test_what_was_not_tried_in_time_is_told_as_such(stand: Stand) -> None:
    assert seen(by_tests(stand), candidates(stand, HANGS, BASE), 1.0) == "uu"


def test_what_needs_a_fresh_import_is_not_tried_long_after_one_that_stands(stand: Stand) -> None:
    anew, waiting = f"import time\n{RIGHT}", f"import time\ntime.sleep(2)\n{BASE}"
    told = seen(by_tests(stand), candidates(stand, anew, *[waiting] * 100))
    assert told[:2] == "gr"
    assert told[-50:] == "u" * 50


def test_one_candidate_needs_no_sorting_out(stand: Stand) -> None:
    assert by_tests(stand).run(candidates(stand, BASE), SECONDS) == (Look.UNTRIED,)


def test_a_command_that_starts_tests_in_its_own_way_is_not_imitated(stand: Stand) -> None:
    service = stand.bench.service.model_copy(update={"test_command": "coverage run -m pytest"})
    bench = Bench(
        sandbox=stand.bench.sandbox,
        repository=stand.bench.repository,
        service=service,
        bounds=stand.bench.bounds,
    )
    other = replace(stand, bench=bench)
    assert seen(by_tests(other), candidates(stand, BASE, BASE)) == "uu"


def test_what_a_plan_has_no_room_for_is_left_untried(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = BASE + "# " + "x" * 300 + "\n"
    monkeypatch.setattr(screening, "MAX_PLAN_CHARACTERS", 200)
    found = seen(by_tests(stand), candidates(stand, BASE, long, BASE))
    assert found[1] == "u"
    assert "u" not in found[0] + found[2]
    monkeypatch.setattr(screening, "MAX_PLAN_CHARACTERS", 10)
    assert seen(by_tests(stand), candidates(stand, BASE, BASE)) == "uu"


def test_only_lines_with_the_nonce_count() -> None:
    said = "0 green\nxx 0 green\nab 1 red\nab 7 green\nab 2 gold\n ab 0 red\nab 0 slow\nab end"
    assert looks(said, "ab", 3) == (Look.SLOW, Look.RED, Look.UNTRIED)
