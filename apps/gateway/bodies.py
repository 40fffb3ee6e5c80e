"""What requests hold, for the API's description: https://spec.openapis.org/oas/v3.1.0."""

from collections.abc import Mapping
from typing import Any

ANY_OBJECT: Mapping[str, Any] = {"type": "object"}


def json_body(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a route adds to describe its body.

    The body is read and checked by hand, so FastAPI does not know of it. References into the
    schema itself would lead nowhere from inside the API's description: they are resolved.
    """
    own = _resolved(schema, schema.get("$defs", {}))
    content = {"application/json": {"schema": own}}
    return {"requestBody": {"required": True, "content": content}}


def _resolved(schema: Any, known: Mapping[str, Any]) -> Any:  # noqa: ANN401 -- any JSON
    if isinstance(schema, list):
        return [_resolved(one, known) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    target = schema.get("$ref", "")
    found = known.get(target.removeprefix("#/$defs/"), {}) if isinstance(target, str) else {}
    kept = {name: one for name, one in schema.items() if name not in {"$ref", "$defs"}}
    return {name: _resolved(one, known) for name, one in {**found, **kept}.items()}
