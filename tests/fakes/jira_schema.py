"""Holds calls of Jira Cloud to the schema that Atlassian publishes; `jira_openapi.json` says more.

OpenAPI 3.0's schemas are JSON Schema once `nullable` is gone:
https://spec.openapis.org/oas/v3.0.3#schema-object
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

PUBLISHED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "jira_openapi.json").read_text("utf-8")
)
ROOT = "urn:jira"
REFUSED = 400
REGISTRY: Registry[Any] = Registry().with_resource(
    ROOT, Resource.from_contents(PUBLISHED, default_specification=DRAFT202012)
)
PARAMETER = re.compile(r"\{\w+\}")
OPERATIONS = {re.compile(PARAMETER.sub("[^/]+", name)): name for name in PUBLISHED["operations"]}


class Call(NamedTuple):
    """One call, and what it got; None stands for an empty body."""

    method: str
    target: str
    """Path and query."""
    sent: object
    status: int
    told: object


def misfits(call: Call) -> list[str]:
    """Return what does not fit: in what was sent, in the status, or in what was answered.

    What is refused is not looked at.
    """
    target = urlsplit(call.target)
    asked = f"{call.method} {target.path}"
    name = next((name for shape, name in OPERATIONS.items() if shape.fullmatch(asked)), None)
    if name is None:
        return [f"{asked}: there is no such operation"]
    operation = PUBLISHED["operations"][name]
    unknown = parse_qs(target.query).keys() - set(operation["query"])
    found = [f"{name} asks for {one}" for one in sorted(unknown)]
    found += _faults(f"{name} sends", operation.get("request"), call.sent)
    if call.status >= REFUSED:
        return found
    answers = operation["answers"]
    if str(call.status) not in answers:
        return [*found, f"{name}: answers no {call.status}"]
    return [*found, *_faults(f"{name} gets", answers[str(call.status)], call.told)]


def _faults(what: str, schema: object, body: object) -> list[str]:
    if schema is None:
        return [] if body is None else [f"{what} a body"]
    if body is None:
        return [f"{what} nothing"]
    return [f"{what} {one.json_path}: {one.message}" for one in _checker(_key(schema))(body)]


def _key(schema: object) -> str:
    return json.dumps(schema).replace('"#/', f'"{ROOT}#/')


@cache
def _checker(schema: str) -> Any:  # noqa: ANN401 -- a method of the library's
    return Draft202012Validator(json.loads(schema), registry=REGISTRY).iter_errors
