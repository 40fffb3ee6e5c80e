"""Configuration in TOML: every operation is one way to use the library."""

import io

import tomllib


def refuse(text: str) -> str:
    """Return what is said of a text that is no TOML."""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return str(error)
    return "accepted"


def op_table() -> object:
    return tomllib.loads("[a]\nx = 1\n[a.b]\ny = 2\n")


def op_dotted() -> object:
    return tomllib.loads("a.b.c = 1\na.b.d = 2\n")


def op_array() -> object:
    return tomllib.loads("a = [1, 2,\n 3] # note\n")


def op_nested_array() -> object:
    return tomllib.loads("a = [[1], ['x', \"y\"], []]\n")


def op_inline() -> object:
    return tomllib.loads("a = {b = 1, c = {d = 'x'}}\n")


def op_tables() -> object:
    return tomllib.loads("[[a]]\nx = 1\n[[a]]\nx = 2\n[a.b]\ny = 1\n")


def op_string() -> object:
    return tomllib.loads('a = "x\\ty\\u00e9"\n')


def op_literal() -> object:
    return tomllib.loads("a = 'C:\\x'\n")


def op_long_string() -> object:
    return tomllib.loads('a = """\none \\\n   two"""\n')


def op_long_literal() -> object:
    return tomllib.loads("a = '''\none\ntwo'''\n")


def op_numbers() -> object:
    return tomllib.loads("a = 0xff\nb = 1_000\nc = 0b11\nd = 3.5e2\ne = inf\n")


def op_flags() -> object:
    return tomllib.loads("a = true\nb = false\n")


def op_moment() -> object:
    return tomllib.loads("a = 2026-11-21T10:00:00Z\nb = 2026-11-21T10:00:00.5+01:30\n")


def op_day() -> object:
    return tomllib.loads("a = 2026-11-21\nb = 10:00:00.25\nc = 2026-11-21 10:00:00\n")


def op_comments() -> object:
    return tomllib.loads("# one\n\na = 1 # two\n# three\n")


def op_quoted_keys() -> object:
    return tomllib.loads("\"a b\" = 1\n'c'.d = 2\n")


def op_file() -> object:
    return tomllib.load(io.BytesIO(b"a = 1\r\nb = 'x'\r\n"))


def op_floats() -> object:
    return tomllib.loads("a = 1.5\nb = [2.5]\n", parse_float=str)


def op_twice() -> object:
    return refuse("a = 1\na = 2\n")


def op_table_twice() -> object:
    return refuse("[a]\n[a]\n")


def op_unclosed() -> object:
    return refuse('a = "x\n') + refuse("a = [1, 2\n") + refuse("a = {b = 1\n")


def op_wordless() -> object:
    return refuse("a = what\n") + refuse("= 1\n") + refuse("a\n")


def op_frozen() -> object:
    return refuse("a = {b = 1}\n[a]\nc = 2\n") + refuse("a = [1]\n[[a]]\n")
