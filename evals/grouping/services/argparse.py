"""A command line in the making: every operation is one way to use the library."""

import argparse


def build(
    *, sub: bool = False, groups: bool = False, prog: str = "shop"
) -> argparse.ArgumentParser:
    """Return a parser with options of many kinds."""
    parser = argparse.ArgumentParser(prog=prog, description="Sells things.", epilog="That is all.")
    parser.add_argument("--verbose", "-v", action="count", default=0, help="say more")
    parser.add_argument("--limit", type=int, default=10, metavar="N", help="at most N")
    parser.add_argument("--colour", choices=["red", "green"], default="red")
    parser.add_argument("--version", action="version", version="%(prog)s 1")
    if groups:
        one = parser.add_mutually_exclusive_group()
        one.add_argument("--fast", action="store_true")
        one.add_argument("--slow", action="store_true")
        group = parser.add_argument_group("paths", "where things are")
        group.add_argument("--root", nargs="?", const="/", default=".")
    if sub:
        commands = parser.add_subparsers(dest="command", required=False, title="commands")
        sell = commands.add_parser("sell", aliases=["s"], help="sell it")
        sell.add_argument("item", nargs="+")
        sell.add_argument("--price", type=float)
    else:
        parser.add_argument("names", nargs="*")
    return parser


def refuse(parser: argparse.ArgumentParser, *argv: str) -> str:
    """Return what the parser says to arguments that it ought to refuse."""
    try:
        parser.parse_args(list(argv))
    except SystemExit as error:
        return str(error.code)
    return "accepted"


def op_plain() -> object:
    return build().parse_args(["a", "b", "--limit", "3"])


def op_count() -> object:
    return build().parse_args(["-vvv"]).verbose


def op_equals() -> object:
    return build().parse_args(["--limit=7", "x"]).limit


def op_prefix() -> object:
    return build().parse_args(["--lim", "7"]).limit


def op_choice() -> object:
    return build().parse_args(["--colour", "green"]).colour


def op_bad_choice() -> object:
    return refuse(build(), "--colour", "blue")


def op_bad_number() -> object:
    return refuse(build(), "--limit", "many")


def op_unknown() -> object:
    return build().parse_known_args(["--what", "x"])


def op_refused() -> object:
    return refuse(build(sub=True), "--what")


def op_groups() -> object:
    return build(groups=True).parse_args(["--fast", "--root"])


def op_conflict() -> object:
    return refuse(build(groups=True), "--fast", "--slow")


def op_help() -> object:
    return build().format_help()


def op_help_of_groups() -> object:
    return build(groups=True).format_help()


def op_usage() -> object:
    return build(sub=True, groups=True).format_usage()


def op_help_of_commands() -> object:
    return build(sub=True).format_help()


def op_command() -> object:
    return build(sub=True).parse_args(["sell", "pen", "--price", "2.5"])


def op_alias() -> object:
    return build(sub=True).parse_args(["s", "pen", "ink"]).item


def op_no_command() -> object:
    return build(sub=True).parse_args([])


def op_missing() -> object:
    return refuse(build(sub=True), "sell")


def op_version() -> object:
    return refuse(build(), "--version")


def op_interleaved() -> object:
    return build().parse_intermixed_args(["a", "--limit", "2", "b"])


def op_boolean() -> object:
    parser = build()
    parser.add_argument("--tax", action=argparse.BooleanOptionalAction, default=True)
    return parser.parse_args(["--no-tax"]).tax


def op_append() -> object:
    parser = build()
    parser.add_argument("--tag", action="append")
    return parser.parse_args(["--tag", "a", "--tag", "b"]).tag


def op_defaults() -> object:
    parser = build()
    parser.set_defaults(limit=4)
    return parser.get_default("limit"), parser.parse_args([]).limit


def op_repr() -> object:
    return repr(build().parse_args([])), repr(build())
