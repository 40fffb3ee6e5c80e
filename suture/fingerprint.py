"""Says which alerts are about the same fault.

The recipe, in `docs/explanation/fingerprints.md` too. Mixed in, in this order:

1. `FINGERPRINT_VERSION`, and which of the rules below applied;
2. for exceptions: the types of the fault and of the last exception, then module (or file),
   function and line text of the innermost frames in the service's own code of both; the fault is
   the last exception that nobody raised on purpose, or the first where all were; of a None that
   was passed down, the function that first passed it on counts, and not where it was used;
   for exception groups: the same of each member, in no order, each once;
   without any frame: the two types and the last exception's normalised message;
3. for failed tests: their sorted ids, at most 20; if 10 or more failed with one error, that
   error and its innermost frame instead;
4. for anything else: the source and its own name of the problem; without one, the normalised title.

Neither line numbers nor messages count where there is a frame: both vary for one fault. Telling
two faults apart wrongly costs a second look, merging them hides one: when in doubt, tell apart.
"""

import re
from collections import Counter

from suture.canonical import digest_of
from suture.domain.alert import Alert, AlertKind, ExceptionInfo, Frame
from suture.domain.value import Digest

FINGERPRINT_VERSION = 2
MAX_FAILED_TESTS = 20
MANY_TESTS = 10
"""Failed with one error, they are one fault, however many of them happened to fail."""
MAX_MESSAGE_CHARACTERS = 2_000
MAX_LINE_CHARACTERS = 1_000
KEPT_FOLDERS = 2
"""Of an absolute path: a package and its module; what lies above is a matter of deployment."""

ROOT_FOLDERS = frozenset({"src", "app", "code", "workspace", "current", "task"})
CODE_ROOT = re.compile(
    r"^.*/(?:site-packages|dist-packages|lib/python\d[\d.]*|src|app|code|workspace|current|task"
    r"|releases/[^/]+|v?\d+\.\d[\w.-]*|\d{6,20}|(?=[a-f]*\d)[0-9a-f]{7,64})/"
)
GROUP = re.compile(r"(?:^|\.|[a-z])(?:Base)?ExceptionGroup$|(?:^|\.)AggregateError$")
CODE_ERRORS = re.compile(
    r"(?:TypeError|ReferenceError|NullPointerException|ClassCastException|ArithmeticException"
    r"|\w{0,40}IndexOutOfBoundsException|panic: runtime error|panic: interface conversion"
    r"|fatal error)\b"
)
GENERIC = frozenset({"Error", "Exception", "RuntimeException", "panic", "error", "log.Fatal"})
DELIBERATE = re.compile(r"(?:raise|assert|throw)\b")
NO_ATTRIBUTE = re.compile(r"^'NoneType' object has no attribute '(?P<name>\w{1,100})'")
NOT_USABLE = re.compile(r"^'NoneType' object is not (?P<use>subscriptable|callable)")
MAX_MEMBERS = 20
GENERATED = re.compile(r"<(?:locals|listcomp|genexpr|dictcomp|setcomp)>\.?")
CLOSURE = re.compile(r"(?:\.(?:func\d{1,6}|gowrap\d{1,6}|\d{1,6}))+$")
LAMBDA = re.compile(r"^lambda\$(?P<of>\w{1,100})\$\d{1,6}$")
ANONYMOUS = re.compile(r"(?:\$\d{1,6})+(?=\$|$)|\$\$Lambda.*$")
"""Functions and classes without names of their own, which compilers number: Go's and Java's."""
SERVER = re.compile(r"^https?://[^/]{1,300}/")
HASHED = re.compile(r"[.-](?=[\w-]{0,30}\d)[\w-]{8,32}(?=(?:\.chunk|\.bundle|\.min)?\.[cm]?js$)")
"""Bundlers put a digest of the content into a script's name."""
UNSTABLE = (
    (re.compile(r"(?i)\b[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"\b0[xX][0-9a-fA-F]+\b"), "<address>"),
    (
        re.compile(
            r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)?"
            r"(?:Z|[+-]\d\d:?\d\d)?"
        ),
        "<time>",
    ),
    (re.compile(r"\b\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\b"), "<time>"),
    (re.compile(r"(?<![\w@.])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), "<email>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b"), "<ip>"),
    (re.compile(r"(?<![\w/.])(?:[A-Za-z]:)?(?:[/\\][\w.@+-]{1,128}){2,64}"), "<path>"),
    (re.compile(r"'(?:[^'\\\n]|\\.)*+'|\"(?:[^\"\\\n]|\\.)*+\""), "<text>"),
    (re.compile(r"(?i)\b(?=[0-9a-f]*+\b)(?=[a-f]*\d)[0-9a-f]{7,64}\b"), "<hex>"),
    (re.compile(r"(?<![A-Za-z_\d])[+-]?\d+(?:[.,_]\d+)*(?:e[+-]?\d+)?"), "<number>"),
)
NUMBERED = re.compile(
    r"(?P<name>(?<![A-Za-z0-9])(?i:x86(?:_64)?|(?:amd|arm|win|base|u?int|float)(?:8|16|32|64|128)"
    r"|sha\d{1,3}(?:_\d{3})?|utf[-_]?(?:16|32)|[ehpr]s(?:256|384|512)|aes_?\d{3}|iso_?\d{4}"
    r"|python\d{2,3}|cp\d{3,4})(?![A-Za-z0-9]))|(?<=[A-Za-z_-])\d{2,}"
)
"""Names that end in a number are no counters."""
QUOTED_NAME = re.compile(r"(?P<quote>['\"])(?P<name>[A-Za-z_][\w.]{0,60})(?P=quote)")
ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,16}")


def fingerprint(alert: Alert) -> Digest:
    """Return the digest that alerts about the same fault share."""
    return digest_of([FINGERPRINT_VERSION, *_parts(alert)])


def normalise_message(text: str) -> str:
    """Return the message without what differs from event to event: numbers, ids, times, paths.

    Quoted names stay (`'NoneType' object has no attribute 'id'`), other quoted texts do not.
    """
    text = QUOTED_NAME.sub(r"`\g<name>`", text[:MAX_MESSAGE_CHARACTERS])
    for pattern, placeholder in UNSTABLE:
        text = pattern.sub(placeholder, text)
    text = NUMBERED.sub(lambda match: match["name"] or "<number>", text)
    return " ".join(text.split())


def _parts(alert: Alert) -> list[str]:
    if alert.kind is AlertKind.TEST_FAILURE and alert.failed_tests:
        return _of_tests(alert)
    if alert.exceptions:
        return _of_exceptions(alert.exceptions)
    if alert.group:
        return ["group of a source", alert.source, alert.group]
    return ["signal", normalise_message(alert.title)]


def _of_tests(alert: Alert) -> list[str]:
    tests = sorted({ADDRESS.sub("<address>", test.node_id) for test in alert.failed_tests})
    said = {normalise_message(test.message) for test in alert.failed_tests}
    frame = _decisive(alert.exceptions)
    # `assert 1 == 2` fails for as many reasons as there are tests.
    shared = len(said) == 1 and not re.match(r"(?i)assert|$", min(said))
    if len(tests) >= MANY_TESTS and shared and frame is not None:
        place = _identity(frame, _start(alert.exceptions[:1]))
        return ["tests with one error", *said, *place]
    return ["tests", *tests[:MAX_FAILED_TESTS]]


def _of_exceptions(chain: tuple[ExceptionInfo, ...]) -> list[str]:
    fault = _fault(chain)
    types = [_plain_type(chain[fault]), _plain_type(chain[-1])]
    frame = _decisive((*chain[fault:], *chain[:fault]))
    if frame is None:
        return ["message", *types, normalise_message(chain[-1].value)]
    if any(GROUP.search(each.type) for each in chain):
        return ["group", types[-1], *_members(chain)]
    root, last = _identity(frame, _start(chain)), _decisive(chain[-1:])
    raised = _identity(last, _start(chain)) if last else ()
    passed = _of_none(chain[fault], _start(chain)) if frame in chain[fault].frames else ()
    handled = _decisive(chain[fault - 1 : fault]) if fault and _happened(chain[fault - 1]) else None
    before = _identity(handled, _start(chain)) if handled else ()
    said = [] if frame.context_line else _said(chain[fault], types[0])
    place = [*before, *(passed or root), *said]
    return ["frame", *types, *place, *(raised if raised != root else ())]


def _said(fault: ExceptionInfo, name: str) -> list[str]:
    """Return what of a message tells faults of one function apart where no line does.

    What the runtime says of code names code; what people write may name customers. It is left
    out unless the type says nothing; then what stands last counts, to which others add context.
    """
    if CODE_ERRORS.match(f"{name}: {fault.value}"):
        return [normalise_message(fault.value)]
    if name not in GENERIC:
        return []
    return [normalise_message(fault.value.strip().partition("\n")[0].rpartition(": ")[2])]


def _fault(chain: tuple[ExceptionInfo, ...]) -> int:
    """Return the exception that tells what is wrong: the last that nobody raised on purpose.

    What was raised on purpose while another was handled only renames that one. What merely
    happened meanwhile is a fault of its own, and what was being handled may be quite usual.
    """
    happened = (number for number in range(len(chain) - 1, 0, -1) if _happened(chain[number]))
    return next(happened, 0)


def _happened(exception: ExceptionInfo) -> bool:
    """Whether nobody raised this on purpose, as far as the line tells on which it was raised."""
    line = (exception.frames[-1].context_line or "").lstrip() if exception.frames else ""
    # Other languages name a cause only where somebody stated it.
    python = any(frame.filename.endswith(".py") for frame in exception.frames)
    return python and bool(line) and not DELIBERATE.match(line)


def _of_none(fault: ExceptionInfo, start: str) -> tuple[str, str, str] | tuple[()]:
    """Return the identity of a None that was used as something else: who passed it on first.

    It crashes wherever it happens to be used, at as many places as there are.
    """
    own = list(fault.frames)
    while own and not own[-1].in_app:
        own.pop()
    name = _none_name(fault.value, own[-1].context_line or "") if own else ""
    if not name:
        return ()
    handed_on = re.compile(rf"[(,]\s*(?:\w{{1,100}}\s*=\s*)?{re.escape(name)}\s*[,)]")
    place = len(own) - 1
    while place > 0 and own[place - 1].in_app:
        line = (own[place - 1].context_line or "")[:MAX_LINE_CHARACTERS]
        if not handed_on.search(line):
            break
        place -= 1
    module, function, _ = _identity(own[place], start)
    return module, function, f"{name}: {normalise_message(fault.value)}"


def _none_name(message: str, line: str) -> str:
    """Return the variable that was None, if the line says which one."""
    if match := NO_ATTRIBUTE.search(message):
        use = rf"\.{re.escape(match['name'])}\b"
    elif match := NOT_USABLE.search(message):
        use = r"\(" if match["use"] == "callable" else r"\["
    else:
        return ""
    names = set(
        re.findall(rf"(?<![\w.)\]])([A-Za-z_]\w{{0,100}}){use}", line[:MAX_LINE_CHARACTERS])
    )
    return names.pop() if len(names) == 1 else ""


def _members(chain: tuple[ExceptionInfo, ...]) -> list[str]:
    """Return what a group is made of; which member failed first, and how often, is chance."""
    start = _start(chain)
    frames = [(_plain_type(each), _decisive((each,))) for each in chain]
    places = {(name, *(_identity(frame, start) if frame else ())) for name, frame in frames}
    return [part for place in sorted(places)[:MAX_MEMBERS] for part in place]


def _plain_type(exception: ExceptionInfo) -> str:
    return exception.type.rpartition(".")[2]


def _decisive(chain: tuple[ExceptionInfo, ...]) -> Frame | None:
    """Return the innermost own frame of the first cause that has one, else its innermost frame.

    The first cause is where it began; what wraps it may be one handler for many faults.
    """
    for exception in chain:
        if own := [frame for frame in exception.frames if frame.in_app]:
            return _of_recursion(own) if _overflowed(exception) else own[-1]
    return next((each.frames[-1] for each in chain if each.frames), None)


def _overflowed(exception: ExceptionInfo) -> bool:
    """Whether the stack was full."""
    named = _plain_type(exception) in {"RecursionError", "StackOverflowError"}
    return named or exception.value.startswith("Maximum call stack size exceeded")


def _of_recursion(own: list[Frame]) -> Frame:
    """Return one frame of the cycle; at which of its calls the stack was full is chance."""
    counts = Counter(_identity(frame) for frame in own)
    repeated = [frame for frame in own if counts[_identity(frame)] > 1]
    return min(repeated or own[-1:], key=_identity)


def _start(chain: tuple[ExceptionInfo, ...]) -> str:
    """Return the folder of the script that was run: where its own modules begin."""
    for exception in reversed(chain):
        if exception.frames and exception.frames[0].function == "<module>":
            folder, slash, _ = _path(exception.frames[0]).rpartition("/")
            return folder + slash
    return ""


def _identity(frame: Frame, start: str = "") -> tuple[str, str, str]:
    line = " ".join((frame.context_line or "")[:MAX_LINE_CHARACTERS].split())
    return _place(frame, start), _function(frame.function or ""), line


def _function(name: str) -> str:
    """Return a function's own name; what is made inside it without a name belongs to it."""
    name = CLOSURE.sub("", GENERATED.sub("", name)).rpartition(".")[2]
    return LAMBDA.sub(r"\g<of>", name)


def _place(frame: Frame, start: str) -> str:
    """Return the module's name, or the path as far as it does not depend on the deployment."""
    if frame.module and frame.module != "__main__":
        return _below_root(ANONYMOUS.sub("", frame.module).split("."))
    path = HASHED.sub("", SERVER.sub("", _path(frame)))
    known = CODE_ROOT.sub("", path)
    if start and known == path:
        known = path.removeprefix(start)
    parts = known.removesuffix(".py").removesuffix("/__init__").split("/")
    kept = KEPT_FOLDERS if known.startswith("/") or known[1:2] == ":" else 0
    return _below_root([part for part in parts[-kept:] if part])


def _path(frame: Frame) -> str:
    return frame.filename.replace("\\", "/").removeprefix("./")


def _below_root(parts: list[str]) -> str:
    """Return a module's name without folders such as `src`: some sources name them."""
    while len(parts) > 1 and parts[0] in ROOT_FOLDERS:
        parts = parts[1:]
    return ".".join(parts)
