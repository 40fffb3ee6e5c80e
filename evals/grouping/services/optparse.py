"""An old command line: every operation is one way to use the library."""

import optparse


def build(*, grouped: bool = False) -> optparse.OptionParser:
    """Return a parser with options of many kinds."""
    parser = optparse.OptionParser(usage="%prog [options] names", version="%prog 1", prog="shop")
    parser.add_option("-v", "--verbose", action="count", default=0, help="say more")
    parser.add_option("-n", "--limit", type="int", default=10, help="at most N [default: %default]")
    parser.add_option("--rate", type="float", metavar="R")
    parser.add_option("--colour", type="choice", choices=["red", "green"], default="red")
    parser.add_option("-q", action="store_false", dest="loud", default=True)
    parser.add_option("--tag", action="append")
    parser.add_option("--pair", nargs=2, type="int")
    parser.add_option("--level", action="store_const", const=3)
    if grouped:
        group = optparse.OptionGroup(parser, "Paths", "Where things are, at some length.")
        group.add_option("--root", default="/")
        parser.add_option_group(group)
    return parser


def refuse(*argv: str) -> str:
    """Return what is said of arguments that ought to be refused."""
    try:
        build().parse_args(list(argv))
    except SystemExit as error:
        return str(error.code)
    return "accepted"


def op_plain() -> object:
    return build().parse_args(["a", "-n", "3", "b"])


def op_glued() -> object:
    return build().parse_args(["-n3", "-vv"])


def op_equals() -> object:
    return build().parse_args(["--limit=3", "--rate=2.5"])


def op_prefix() -> object:
    return build().parse_args(["--lim", "3"])


def op_hexadecimal() -> object:
    return build().parse_args(["-n", "0xff"])[0].limit


def op_choice() -> object:
    return build().parse_args(["--colour", "green"])[0].colour


def op_bad_choice() -> object:
    return refuse("--colour", "blue")


def op_bad_number() -> object:
    return refuse("-n", "many") + refuse("--rate", "x")


def op_unknown() -> object:
    return refuse("--what") + refuse("-z")


def op_ambiguous() -> object:
    parser = build()
    parser.add_option("--lime")
    try:
        parser.parse_args(["--lim", "3"])
    except SystemExit as error:
        return str(error.code)
    return ""


def op_lacking() -> object:
    return refuse("-n") + refuse("--pair", "1")


def op_surplus() -> object:
    return refuse("--verbose=3")


def op_pair() -> object:
    return build().parse_args(["--pair", "1", "2"])[0].pair


def op_append() -> object:
    return build().parse_args(["--tag", "a", "--tag=b", "--level"])[0]


def op_rest() -> object:
    return build().parse_args(["-q", "--", "-n", "x"])


def op_strict() -> object:
    parser = build()
    parser.disable_interspersed_args()
    return parser.parse_args(["-v", "a", "-n", "3"])


def op_help() -> object:
    return build().format_help()


def op_help_of_groups() -> object:
    return build(grouped=True).format_help()


def op_titled() -> object:
    parser = build(grouped=True)
    parser.formatter = optparse.TitledHelpFormatter()
    return parser.format_help()


def op_usage() -> object:
    return build().get_usage(), build().get_version(), build().get_prog_name()


def op_ended() -> object:
    return refuse("--version"), refuse("--help")


def op_defaults() -> object:
    parser = build()
    parser.set_defaults(limit="7")
    return parser.get_default_values(), parser.parse_args([])


def op_callback() -> object:
    seen: list[object] = []
    parser = build()
    parser.add_option(
        "--see",
        action="callback",
        type="int",
        callback=lambda option, name, value, parser: seen.append((name, value)),
    )
    parser.parse_args(["--see", "4"])
    return seen


def op_removed() -> object:
    parser = build()
    parser.remove_option("--tag")
    return parser.has_option("--tag"), parser.get_option("-n")


def op_conflict() -> object:
    try:
        build().add_option("-n")
    except optparse.OptionConflictError as error:
        return str(error)
    return ""


def op_resolved() -> object:
    parser = build()
    parser.set_conflict_handler("resolve")
    parser.add_option("-n", "--number")
    return parser.format_option_help()


def op_nonsense() -> object:
    try:
        build().add_option("--odd", action="what")
    except optparse.OptionError as error:
        return str(error)
    return ""


def op_repr() -> object:
    return repr(build().get_option("-n")), str(build().parse_args([])[0])
