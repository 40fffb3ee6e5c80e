"""Settings files: every operation is one way to use the library."""

import configparser
import io

TEXT = """
[DEFAULT]
home = /srv
retries: 3

[shop]
root = %(home)s/shop
debug = yes
limit = 10
rate = 2.5
words = one
    two

[empty]
"""


def read(text: str = TEXT, **options: object) -> configparser.ConfigParser:
    """Return the settings that a text holds."""
    parser = configparser.ConfigParser(**options)
    parser.read_string(text)
    return parser


def op_get() -> object:
    return read().get("shop", "root")


def op_item() -> object:
    return read()["shop"]["root"]


def op_raw() -> object:
    return read().get("shop", "root", raw=True)


def op_integer() -> object:
    return read().getint("shop", "limit")


def op_float() -> object:
    return read()["shop"].getfloat("rate")


def op_flag() -> object:
    return read()["shop"].getboolean("debug")


def op_fallback() -> object:
    return read().get("shop", "nothing", fallback="x"), read()["shop"].get("nothing", "y")


def op_default() -> object:
    return read()["empty"]["retries"], read().defaults()


def op_sections() -> object:
    parser = read()
    return parser.sections(), list(parser), len(parser), "shop" in parser


def op_options() -> object:
    return read().options("shop"), list(read()["shop"])


def op_items() -> object:
    return read().items("shop"), list(read()["shop"].items())


def op_write() -> object:
    out = io.StringIO()
    read().write(out)
    return out.getvalue()


def op_change() -> object:
    parser = read()
    parser.set("shop", "limit", "11")
    parser["shop"]["debug"] = "no"
    parser.add_section("new")
    parser.remove_option("shop", "rate")
    return parser.has_option("shop", "rate"), parser.remove_section("new")


def op_dictionary() -> object:
    parser = configparser.ConfigParser()
    parser.read_dict({"a": {"b": "1"}, "c": {"d": "%(e)s", "e": "2"}})
    return parser["c"]["d"]


def op_extended() -> object:
    text = "[a]\nx = 1\n[b]\ny = ${a:x}2\nz = ${y}3\n"
    return read(text, interpolation=configparser.ExtendedInterpolation())["b"]["z"]


def op_uninterpolated() -> object:
    return read("[a]\nx = %(no)s\n", interpolation=None)["a"]["x"]


def op_twice() -> object:
    try:
        read("[a]\nx = 1\nx = 2\n")
    except configparser.DuplicateOptionError as error:
        return str(error)
    return ""


def op_headless() -> object:
    try:
        read("x = 1\n")
    except configparser.MissingSectionHeaderError as error:
        return str(error)
    return ""


def op_broken() -> object:
    try:
        read("[a]\njust words\n")
    except configparser.ParsingError as error:
        return str(error)
    return ""


def op_missing() -> object:
    try:
        return read().get("nowhere", "x")
    except configparser.NoSectionError as error:
        return str(error)


def op_valueless() -> object:
    return read("[a]\nx\ny = 1 ; note\n", allow_no_value=True, inline_comment_prefixes=";")["a"][
        "y"
    ]


def op_endless() -> object:
    try:
        return read("[a]\nx = %(y)s\ny = %(x)s\n")["a"]["x"]
    except configparser.InterpolationDepthError as error:
        return str(error)


def op_update() -> object:
    parser = read()
    parser["shop"].update({"limit": "12"})
    parser.update({"more": {"a": "b"}})
    return dict(parser["more"])


def op_pop() -> object:
    parser = read()
    return parser.pop("shop"), parser.popitem()
