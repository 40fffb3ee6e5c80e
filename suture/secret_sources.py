"""Secrets that settings only refer to: they are read from a file, or printed by a command.

`{ file = "/run/secrets/x" }` and `{ command = ["vault", "kv", "get", ...] }` may stand wherever a
setting is a secret. Errors name the setting and never what was read.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import UnionType
from typing import Annotated, TypeGuard, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr

from suture.errors import SettingsError

MAX_BYTES = 64 << 10
FORMS = 'a secret is a text, { file = "PATH" } or { command = ["PROGRAM", "ARGUMENT"] }'

CommandRunner = Callable[[tuple[str, ...]], bytes]
"""Runs a program and returns what it prints; raises SettingsError."""
SecretReader = Callable[[Mapping[str, object], str], str]
"""Takes the table that refers to a secret, and the setting's name."""


def no_commands(command: tuple[str, ...]) -> bytes:
    """Refuse: whoever reads these settings runs no programs.

    Raises:
        SettingsError: always.
    """
    raise SettingsError(f"{command[0]!r} is not run here. Give the secret as a file.")


def resolve_secrets(kind: object, value: object, read: SecretReader, place: str = "") -> object:
    """Return settings of this type with all references to secrets read.

    Raises:
        SettingsError: a secret cannot be read.
    """
    if isinstance(value, Mapping):
        return _resolve_table(kind, value, read, place)
    if isinstance(value, list | tuple):
        inner = next((args[0] for one in _choices(kind) if (args := get_args(one))), object)
        return [
            resolve_secrets(inner, one, read, f"{place}.{number}")
            for number, one in enumerate(value)
        ]
    return value


def read_secret(reference: Mapping[str, object], place: str, run: CommandRunner) -> str:
    """Return what a reference leads to, without the newline at its end.

    Raises:
        SettingsError: it is no reference, leads nowhere, or to nothing.
    """
    try:
        return _text_of(_content_of(reference, run))
    except SettingsError as error:
        raise SettingsError(f"The secret {place} cannot be read: {error}") from None


def _resolve_table(
    kind: object, table: Mapping[str, object], read: SecretReader, place: str
) -> object:
    for one in _choices(kind):
        if one is SecretStr:
            return read(table, place)
        if isinstance(one, type) and issubclass(one, BaseModel):
            fields = one.model_fields
            kinds = {name: fields[name].annotation for name in table if name in fields}
        elif get_origin(one) is dict:
            kinds = dict.fromkeys(table, get_args(one)[1])
        else:
            continue
        return {
            name: resolve_secrets(kinds.get(name), below, read, f"{place}.{name}".lstrip("."))
            for name, below in table.items()
        }
    return table


def _choices(kind: object) -> Iterator[object]:
    """Yield what a type may be, without the marks around it."""
    origin = get_origin(kind)
    if origin in {Union, UnionType}:
        for one in get_args(kind):
            yield from _choices(one)
    elif origin is Annotated:
        yield from _choices(get_args(kind)[0])
    else:
        yield kind


def _content_of(reference: Mapping[str, object], run: CommandRunner) -> bytes:
    match reference:
        case {"file": str(file), **rest} if not rest:
            return _read_file(file)
        case {"command": [str(_), *_] as command, **rest} if not rest and _are_words(command):
            return run(tuple(command))
        case _:
            raise SettingsError(f"{FORMS}.")


def _are_words(command: Sequence[object]) -> TypeGuard[Sequence[str]]:
    return all(isinstance(word, str) for word in command)


def _read_file(path: str) -> bytes:
    try:
        # A pipe that nobody writes to is empty, instead of keeping us for ever.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as f:
            return f.read(MAX_BYTES + 1) or b""
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}.") from None


def _text_of(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise SettingsError(f"it is larger than {MAX_BYTES >> 10} KiB.")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        # The error would hold what was read.
        text = ""
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise SettingsError("there is nothing in it, or it is no UTF-8.")
    return text
