"""Property lists: every operation is one way to use the library."""

import datetime
import io
import uuid

import plistlib

DATA = {
    "name": "shop",
    "count": 3,
    "rate": 2.5,
    "open": True,
    "closed": False,
    "raw": b"\x00\x01" * 30,
    "since": datetime.datetime(2026, 11, 21, 10, 0),
    "items": ["pen", "ink", {"deep": [1, 2]}],
}
XML = plistlib.FMT_XML
BINARY = plistlib.FMT_BINARY


def both(value: object, **options: object) -> object:
    """Return what comes back of a value that is written and read as XML."""
    return plistlib.loads(plistlib.dumps(value, **options))


def binary(value: object, **options: object) -> object:
    """Return what comes back of a value that is written and read in binary."""
    return plistlib.loads(plistlib.dumps(value, fmt=BINARY, **options))


def refuse(call: object, *arguments: object) -> str:
    """Return what is said of something that is no property list."""
    try:
        call(*arguments)
    except (plistlib.InvalidFileException, ValueError, TypeError, OverflowError) as error:
        return type(error).__name__
    return "accepted"


def op_write() -> object:
    return plistlib.dumps(DATA)


def op_read() -> object:
    return both(DATA)


def op_write_binary() -> object:
    return plistlib.dumps(DATA, fmt=BINARY)


def op_read_binary() -> object:
    return binary(DATA)


def op_file() -> object:
    out = io.BytesIO()
    plistlib.dump(DATA, out)
    out.seek(0)
    return plistlib.load(out)


def op_list() -> object:
    return both([1, 2, 3]), both([]), both({})


def op_list_binary() -> object:
    return binary([1, 2, 3]), binary([]), binary({})


def op_text() -> object:
    return both("a < b & c\n"), both("")


def op_text_binary() -> object:
    return binary("plain"), binary("caf\u00e9 \u2603"), binary("x" * 300)


def op_numbers() -> object:
    return both([0, -1, 2**40]), both(1.25)


def op_numbers_binary() -> object:
    return binary([0, -1, 300, 70_000, 2**40]), binary(1.25)


def op_bytes() -> object:
    return both(b"abc"), both({"a": {"b": b"x" * 100}})


def op_bytes_binary() -> object:
    return binary(b"abc"), binary(bytearray(b"x" * 100))


def op_moment() -> object:
    return both(datetime.datetime(2001, 2, 3, 4, 5, 6))


def op_moment_binary() -> object:
    return binary(datetime.datetime(2001, 2, 3, 4, 5, 6))


def op_uid() -> object:
    return repr(plistlib.UID(4)), hash(plistlib.UID(5)), plistlib.UID(6) == plistlib.UID(6)


def op_uid_binary() -> object:
    return binary([plistlib.UID(3), plistlib.UID(70_000)])


def op_unsorted() -> object:
    return plistlib.dumps({"b": 1, "a": 2}, sort_keys=False), binary({"b": 1}, sort_keys=False)


def op_skipped() -> object:
    options = {"skipkeys": True, "sort_keys": False}
    return both({1: 2, "a": 3}, **options), binary({1: 2, "a": 3}, **options)


def op_shared() -> object:
    same = ["one", "two"]
    return binary({"a": same, "b": same, "c": "one"})


def op_many() -> object:
    return binary([f"number {number}" for number in range(300)])


def op_tuple() -> object:
    return both((1, 2)), binary((1, 2))


def op_refused() -> object:
    return refuse(plistlib.dumps, object()) + refuse(plistlib.dumps, {1: 2})


def op_refused_binary() -> object:
    return refuse(plistlib.loads, b"bplist00" + b"x" * 40) + refuse(binary, uuid)


def op_refused_text() -> object:
    return refuse(plistlib.loads, b"nonsense") + refuse(plistlib.loads, b"<plist><what/></plist>")


def op_refused_shape() -> object:
    return refuse(plistlib.loads, b"<plist><dict><string>x</string></dict></plist>")
