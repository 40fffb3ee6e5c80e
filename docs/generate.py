"""Writes the reference pages from the code, so that they cannot say anything else.

`python -m docs.generate` writes the pages that are stale; `--check` only names them.
"""

import ast
import inspect
import itertools
import json
import sys
import textwrap
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import typer.main
from prometheus_client import CollectorRegistry
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from apps.cli.exits import ExitCode
from apps.cli.main import app
from apps.gateway.telemetry import Telemetry
from suture.audit.events import Fact, LedgerEvent
from suture.domain.diagnosis import Category
from suture.domain.resolution import ResolutionKind
from suture.policy.model import Policy
from suture.settings import (
    CONFIG_VARIABLE,
    ServiceSettings,
    Settings,
    UserSettings,
    WebhookSettings,
)
from workers.health.day import TEXTS
from workers.health.meters import Meters

REFERENCE = Path(__file__).parent / "reference"
NOTE = "<!-- Written by docs/generate.py. Change the code, then run `make reference`. -->\n\n"
ENTRIES: dict[str, type[BaseModel]] = {
    "users": UserSettings,
    "webhooks": WebhookSettings,
    "services": ServiceSettings,
}
"""Tables of tables: what each entry holds, by the setting's name."""


def cli_page() -> str:
    """Describe every command with its arguments and options."""
    codes = "\n".join(
        f"| {code.value} | {EXIT_MEANINGS[code]} |" for code in sorted(ExitCode, key=int)
    )
    parts = [
        "# Command line",
        "Every command answers `--help`. What programs may read has `--json`.",
        "## Exit codes",
        f"| code | meaning |\n|---|---|\n{codes}",
    ]
    parts += [_command(name, command) for name, command in commands()]
    return NOTE + "\n\n".join(parts) + "\n"


EXIT_MEANINGS = {
    ExitCode.DONE: "done",
    ExitCode.REFUSED: "a decision was refused, an audit has findings, no service takes an alert,"
    " a suite misses a threshold, or the command failed",
    ExitCode.USAGE: "wrong usage or input, or no such thing",
    ExitCode.NO_FIX: "no fix found, but a good ticket (`suture fix`)",
    ExitCode.NOT_READY: "the environment is not ready; the message says what to do",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C",
}


def commands() -> Iterator[tuple[str, Any]]:
    """Yield each command that does something, with its full name."""
    yield from _below("suture", typer.main.get_command(app))


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 click's own type
    children = getattr(command, "commands", None)
    if children is None:
        yield name, command
        return
    for child, below in children.items():
        yield from _below(f"{name} {child}", below)


def _command(name: str, command: Any) -> str:  # noqa: ANN401 click's own type
    words = [name]
    rows = []
    for parameter in command.params:
        flags = ", ".join(f"`{flag}`" for flag in parameter.opts)
        if parameter.param_type_name == "argument":
            metavar = parameter.metavar or parameter.name.upper()
            words.append(metavar if parameter.required else f"[{metavar}]")
            flags = f"`{metavar}`"
        text = parameter.help or ""
        rows.append(f"| {flags} | {text}{' Required.' if parameter.required else ''} |")
    usage = " ".join([*words, "[OPTIONS]"])
    table = "\n".join(["| argument or option | |", "|---|---|", *rows]) if rows else ""
    about = inspect.cleandoc(command.help or "")
    return "\n\n".join(part for part in (f"## {name}", f"`{usage}`", about, table) if part)


def settings_page() -> str:
    """Describe every setting."""
    intro = (
        "# Settings\n\n"
        "Settings come from environment variables, then from the file that the variable"
        f" `{CONFIG_VARIABLE}` names (`suture.toml` in the working directory unless set), then from"
        " the defaults here. [Secrets](../how-to/secrets.md) come from variables, files or"
        " commands; they never travel in workflow inputs, results or logs.\n\n"
        "The top of the file:"
    )
    parts = [intro, _fields(Settings, "SUTURE_", ENTRIES)]
    for name, field in Settings.model_fields.items():
        parts += _sections(name, field)
        if name in ENTRIES:
            about = inspect.getdoc(ENTRIES[name]) or ""
            table = _fields(ENTRIES[name], "", {})
            parts.append(f"## `[{name}.NAME]`\n\n{about}\n\n{table}")
    return NOTE + "\n\n".join(parts) + "\n"


def _sections(name: str, field: FieldInfo) -> Iterator[str]:
    """Yield what describes the table behind a setting, and the tables in it."""
    section = section_of(field)
    if section is None:
        return
    about = inspect.getdoc(section) or ""
    repeated = not _is_section(field)
    prefix = f"SUTURE_{name.upper().replace('.', '__')}__"
    table = _fields(section, "" if repeated else prefix, {})
    named = get_origin(field.annotation) is dict
    title = f"[{name}.NAME]" if named else f"[[{name}]]" if repeated else f"[{name}]"
    yield f"## `{title}`\n\n{about}\n\n{table}".rstrip()
    for below, inner in section.model_fields.items():
        yield from _sections(f"{name}.{below}", inner)


def policy_page() -> str:
    """Describe every field of the policy."""
    intro = (
        "# Policy\n\n"
        f"{inspect.getdoc(Policy)} It is a YAML file that the setting `policy_file` names;"
        " a field that is left out keeps its default. Editors and CI can check it against"
        " [policy.schema.json](policy.schema.json). [Write a policy](../how-to/write-a-policy.md)"
        " has examples."
    )
    parts = [intro, _fields(Policy, "", {})]
    for name, field in Policy.model_fields.items():
        section = section_of(field)
        if section is not None:
            about = inspect.getdoc(section) or ""
            parts.append(f"## `{name}`\n\n{about}\n\n{_fields(section, '', {})}")
    return NOTE + "\n\n".join(parts) + "\n"


def policy_schema() -> str:
    """Return the JSON Schema of the policy file."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps({**schema, **Policy.model_json_schema()}, indent=2) + "\n"


def ledger_page() -> str:
    """Describe every event of the ledger."""
    intro = (
        "# Events of the ledger\n\n"
        "Each incident has a chain of entries, signed and linked by digests; see"
        " [how to audit an incident](../how-to/audit-an-incident.md). An entry has an event,"
        " an actor, a time and these data. Keys in brackets may be missing or null."
    )
    facts = "The checks of `suture audit verify` read these keys:"
    return (
        NOTE
        + "\n\n".join([intro, _members(LedgerEvent, "event"), facts, _members(Fact, "key")])
        + "\n"
    )


def resolutions_page() -> str:
    """Describe how incidents end and what causes are told apart."""
    parts = [
        "# How incidents end",
        "Not every incident is a code fix. Only `fixed` closes the ticket by itself.",
        _members(ResolutionKind, "resolution"),
        "## Causes",
        "The diagnosis names one of these; only `code_defect` goes on to the fix stage.",
        _members(Category, "category"),
    ]
    return NOTE + "\n\n".join(parts) + "\n"


def metrics_page() -> str:
    """Describe every metric of gateway and workers."""
    intro = (
        "# Metrics\n\n"
        "In Prometheus' text format; [how to watch Suture](../how-to/watch-suture.md) says where,"
        " and has a dashboard and alert rules. A histogram has `_bucket`, `_sum` and `_count`."
        " Metrics whose names begin with `temporal_` are those of Temporal's client, which"
        " [Temporal describes](https://docs.temporal.io/references/sdk-metrics)."
    )
    day = [f"| `{name}` | gauge | `repository` | {text} |" for name, text in TEXTS.items()]
    parts = [intro, "## Gateway", _metrics(Telemetry().registry)]
    parts += ["## Workers", "\n".join([_metrics(Meters().registry), *day])]
    return NOTE + "\n\n".join(parts) + "\n"


def _metrics(registry: CollectorRegistry) -> str:
    rows = []
    # Which labels there are is nowhere public as long as there are no values.
    for metric in registry._collector_to_names:  # noqa: SLF001 -- the same
        [family] = metric.collect()
        labels = ", ".join(f"`{label}`" for label in vars(metric)["_labelnames"])
        name = family.name + ("_total" if family.type == "counter" else "")
        rows.append(f"| `{name}` | {family.type} | {labels} | {family.documentation} |")
    return "\n".join(["| metric | type | labels | |", "|---|---|---|---|", *rows])


def section_of(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model behind a field, alone or in a tuple."""
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in ENTRIES.values():
            return kind
    return None


def docstrings(kind: type) -> dict[str, str]:
    """Return what stands beneath each attribute of a class and its bases."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        if each.__module__.partition(".")[0] != "suture":
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(each))).body[0]
        found |= dict(_documented(body.body if isinstance(body, ast.ClassDef) else []))
    return found


def _documented(statements: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for before, after in itertools.pairwise(statements):
        target = before.targets[0] if isinstance(before, ast.Assign) else None
        if isinstance(before, ast.AnnAssign):
            target = before.target
        if (
            isinstance(target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            yield target.id, " ".join(str(after.value.value).split())


def _members(kind: type[StrEnum], title: str) -> str:
    texts = docstrings(kind)
    rows = [f"| `{member.value}` | {texts.get(member.name, '')} |" for member in kind]
    return "\n".join([f"| {title} | |", "|---|---|", *rows])


def _fields(kind: type[BaseModel], prefix: str, entries: dict[str, type[BaseModel]]) -> str:
    """Return the table of a model's plain fields; nested models have sections of their own."""
    texts = docstrings(kind)
    rows = []
    for name, field in kind.model_fields.items():
        if field.exclude or name in entries or _is_section(field):
            continue
        variable = f" `{prefix}{name.upper()}` |" if prefix else ""
        text = texts.get(name, "")
        rows.append(
            f"| `{name}` | {type_name(field.annotation)} | {_default(field)} |{variable} {text} |"
        )
    if not rows:
        return ""
    extra = " variable |" if prefix else ""
    head = f"| name | type | default |{extra} |"
    return "\n".join([head, "|---" * (head.count("|") - 1) + "|", *rows])


def _is_section(field: FieldInfo) -> bool:
    """Whether it is one table, which may be left out; a table of lists or names is another."""
    kinds = [kind for kind in get_args(field.annotation) if kind is not NoneType]
    optional = get_origin(field.annotation) in {Union, UnionType} and len(kinds) == 1
    kind = kinds[0] if optional else field.annotation
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def type_name(kind: Any) -> str:  # noqa: ANN401 annotations can be anything
    """Say what a field takes, in words."""
    origin, inner = get_origin(kind), [one for one in get_args(kind) if one is not NoneType]
    if origin in {Union, UnionType}:
        return " or ".join(type_name(one) for one in inner)
    if origin is tuple:
        return f"list of {type_name(inner[0])}"
    if origin is not None:
        return "table" if origin is dict else type_name(inner[0])
    if issubclass(kind, StrEnum):
        return ", ".join(f"`{member.value}`" for member in kind)
    return TYPE_NAMES.get(kind, f"`{kind.__name__}`")


TYPE_NAMES = {
    str: "text",
    int: "number",
    float: "number",
    bool: "true or false",
    Path: "path",
    SecretStr: "secret",
}


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "unset"
    if isinstance(value, list | tuple):
        return "<br>".join(f"`{one}`" for one in value) or "empty"
    if isinstance(value, dict):
        return "empty"
    return (
        f"`{str(value).lower() if isinstance(value, bool) else value}`" if value != "" else "empty"
    )


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli_page,
    "settings.md": settings_page,
    "policy.md": policy_page,
    "policy.schema.json": policy_schema,
    "ledger-events.md": ledger_page,
    "resolutions.md": resolutions_page,
    "metrics.md": metrics_page,
}


def stale() -> list[str]:
    """Return the names of the pages that do not say what the code says."""
    return [name for name, page in PAGES.items() if _read(REFERENCE / name) != page()]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def main() -> None:
    """Write what is stale, or only name it."""
    names = stale()
    if "--check" in sys.argv[1:]:
        sys.exit(f"Stale: {', '.join(names)}. Run `make reference`." if names else 0)
    for name in names:
        (REFERENCE / name).write_text(PAGES[name](), encoding="utf-8")
        print(f"Wrote docs/reference/{name}")


if __name__ == "__main__":
    main()
