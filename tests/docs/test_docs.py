"""The documentation says what the code does: nothing is missing, stale or broken."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, TypeAdapter

from docs import generate
from evals.registry import SUITES
from suture.policy.model import Policy
from suture.secret_sources import resolve_secrets
from suture.settings import ServiceSettings, Settings, parse_policy
from workflows.chronicle import SEARCH_ATTRIBUTES

ROOT = Path(__file__).parents[2]
TOP_PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
PAGES = sorted([*(ROOT / name for name in TOP_PAGES), *(ROOT / "docs").rglob("*.md")])
SOME_SECRET = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
"""What files and commands would hold; long enough for a key."""
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(page: Path, *languages: str) -> list[str]:
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [body for language, body in found if language in languages]


def command_lines(page: Path) -> Iterator[list[str]]:
    for body in blocks(page, "sh", "bash", "console"):
        for line in body.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] in {"suture", "make"}:
                yield _whole(words)


def _whole(words: list[str]) -> list[str]:
    """Put in the command that the name of a suite stands for."""
    is_suite = words[:2] == ["suture", "eval"] and words[2] in SUITES
    return [*words[:2], "run", *words[2:]] if is_suite else words


def heading_anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


def settings_models() -> Iterator[type[BaseModel]]:
    yield Settings
    yield from generate.ENTRIES.values()
    for field in Settings.model_fields.values():
        section = generate.section_of(field)
        if section is not None:
            yield section


def test_the_reference_pages_say_what_the_code_says() -> None:
    assert generate.stale() == [], "run `make reference`"


@pytest.mark.parametrize("name", [name for name, _ in generate.commands()])
def test_every_command_is_documented(name: str) -> None:
    page = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
    assert f"\n## {name}\n" in page
    assert dict(generate.commands())[name].help


@pytest.mark.parametrize("model", list(settings_models()), ids=lambda model: model.__name__)
def test_every_setting_is_documented(model: type[BaseModel]) -> None:
    page = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    for name, field in model.model_fields.items():
        if not field.exclude:
            assert f"`{name}`" in page or f"`[{name}" in page or f".{name}]`" in page


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        assert target.exists(), f"{named(page)} links to {link}"
        if anchor:
            assert anchor in heading_anchors(target), f"{named(page)} links to {link}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_that_a_page_shows_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    known = dict(generate.commands())
    for words in command_lines(page):
        if words[0] == "make":
            assert targets >= {word for word in words[1:] if "=" not in word}, words
            continue
        if words[1].startswith("-"):
            continue
        size = 3 if " ".join(words[:3]) in known else 2
        assert " ".join(words[:size]) in known, words
        options = {flag for each in known[" ".join(words[:size])].params for flag in each.opts}
        flags = {word.partition("=")[0] for word in words[size:] if word.startswith("--")}
        assert flags <= options | {"--help"}, words


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_example_of_settings_is_valid(page: Path) -> None:
    for body in blocks(page, "toml"):
        tables = tomllib.loads(body)
        for name, value in tables.items():
            field = Settings.model_fields[name]
            known = resolve_secrets(field.annotation, value, lambda *_: SOME_SECRET)
            TypeAdapter[object](field.annotation or object).validate_python(known)
        for service in tables.get("services", {}).values():
            ServiceSettings.model_validate(service)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_example_of_a_policy_is_valid(page: Path) -> None:
    for body in blocks(page, "yaml"):
        if body.startswith("version:"):
            assert isinstance(parse_policy(body), Policy)


def test_every_promise_names_tests_that_exist() -> None:
    page = ROOT / "docs/explanation/promises.md"
    for row in re.findall(r"^\| .*`tests/.*$", page.read_text("utf-8"), re.MULTILINE):
        folder = ROOT
        for name in re.findall(r"`((?:tests/|test_)[^`]*)`", row):
            folder = ROOT / Path(name).parent if name.startswith("tests/") else folder
            assert list(folder.glob(Path(name).name)), f"{name} does not exist"


def test_the_first_commands_of_the_readme_are_the_demo_and_the_tests() -> None:
    lines = [words for words in command_lines(ROOT / "README.md") if words[0] == "make"]
    assert lines[:2] == [["make", "demo"], ["make", "test"]]


def test_every_decision_record_says_context_decision_and_consequences() -> None:
    records = sorted((ROOT / "docs/adr").glob("0*.md"))
    assert [record.name[:4] for record in records] == [
        f"{n:04}" for n in range(1, len(records) + 1)
    ]
    for record in records:
        text = record.read_text(encoding="utf-8")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
            "Context",
            "Decision",
            "Consequences",
        ]


def test_the_page_on_temporal_cloud_names_every_search_attribute() -> None:
    page = (ROOT / "docs/how-to/use-temporal-cloud.md").read_text(encoding="utf-8")
    named_there = re.findall(r"`(Suture[A-Z]\w*)`", page)
    assert named_there == [key.name for key in SEARCH_ATTRIBUTES]


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_page_puts_a_secret_on_a_command_line(page: Path) -> None:
    shown = "".join(blocks(page, "sh", "bash", "console"))
    assert not re.search(r"--from-literal|--data\S* *\w*(secret|password|token)\w*=", shown)
