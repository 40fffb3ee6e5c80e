"""Reads small urlencoded forms; what is too large or too slow is refused.

https://url.spec.whatwg.org/#application/x-www-form-urlencoded
"""

import asyncio
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import ValidationError

from suture.domain.approval import ConsentTarget
from suture.errors import InvalidInput

MAX_BODY_BYTES = 64 << 10
MAX_FIELDS = 20
FORM_TYPE = "application/x-www-form-urlencoded"


async def read_form(request: Request, timeout_seconds: float) -> dict[str, str]:
    """Return the form's fields; of a repeated field the last.

    Raises:
        InvalidInput: it is no form, too large, or takes too long.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise InvalidInput(f"A form must be sent as {FORM_TYPE}.")
    body = bytearray()
    try:
        async with asyncio.timeout(timeout_seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise InvalidInput("The form is too large.")
    except TimeoutError as error:
        raise InvalidInput("The form took too long to arrive.") from error
    try:
        text = body.decode("ascii")
        fields = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise InvalidInput("The form cannot be read.") from error
    return {name: value.replace("\r\n", "\n").replace("\x00", "") for name, value in fields}


def read_target(form: dict[str, str]) -> ConsentTarget | None:
    """Return the head and diff that the page showed when its button was pressed.

    Raises:
        InvalidInput: it is no target.
    """
    head, digest = form.get("head_sha", ""), form.get("patch_digest", "")
    if not head and not digest:
        return None
    try:
        return ConsentTarget(head_sha=head, patch_digest=digest)
    except ValidationError as error:
        raise InvalidInput("The form names no head and diff that could be.") from error
