"""Rules for what surrounds the code: packages, settings, secrets, permissions."""

import ast
import re
import sys

from suture.domain.diagnosis import Category, Fixability
from suture.domain.evidence import PackageRole, Statement
from suture.localisation.cause import cause_in_settings
from suture.localisation.citations import quote_code
from suture.localisation.snapshot import Snapshot
from suture.triage.clues import Clues, Finding, find_line, headline_of, seen

NO_MODULE = re.compile(r"No module named ['\"]([\w.]+)['\"]")
NO_PACKAGE = re.compile(r"Cannot find (?:package|module) ['\"]([^'\"./][^'\"]{0,200})['\"]")
NO_GO_PACKAGE = re.compile(
    r"(?:cannot find module providing package|no required module provides package) ([\w./-]{1,200})"
)
NO_ATTRIBUTE = re.compile(r"^AttributeError: module ['\"]([\w.]{1,200})['\"] has no attribute")
GO_MODULE = re.compile(r"^module\s+(\S+)", re.MULTILINE)
NO_NAME = re.compile(r"cannot import name ['\"](\w+)['\"] from .*?['\"]([\w.]+)['\"]")
RESOLUTION = re.compile(
    r"No matching distribution found|ResolutionImpossible|Could not find a version that|"
    r"DistributionNotFound|VersionConflict|\bERESOLVE\b|npm ERR! (404|code E404)|"
    r"npm error (404|code E404)|missing go\.sum entry|verifying module: checksum mismatch|"
    r"conflicting dependencies|No solution found when resolving|Could not resolve dependencies"
)
SETTINGS_TYPES = {
    "ImproperlyConfigured",
    "SettingsError",
    "NoSectionError",
    "NoOptionError",
    "MissingSectionHeaderError",
    "NoCredentialsError",
}
SETTINGS = re.compile(
    r"no such table|relation \"?[\w.]+\"? does not exist|UndefinedTable|Unknown database|"
    r"Permission denied|Errno 13\b|Access ?Denied|[Aa]uthentication failed|[Ii]nvalid API key|"
    r"InvalidClientTokenId|\b40[13]\b.{0,40}(Unauthorized|Forbidden|Client Error)|"
    r"HTTP Error 40[13]\b|certificate (verify failed|has expired)|"
    r"validation errors? for \w*Settings|"
    r"[Ee]nvironment variable .{0,60}(not set|missing|required)|password authentication failed"
)
MISMATCH = re.compile(
    r"has no attribute|is not a (?:function|constructor)|unexpected keyword argument"
    r"|missing \d+ required|takes .{1,60}positional argument|cannot import name"
    r"|does not provide an export named|NoSuch(?:Method|Field)Error|NoClassDefFoundError"
    r"|ClassNotFoundException|AbstractMethodError|IncompatibleClassChangeError|VerifyError"
    r"|ERR_REQUIRE_ESM|ERR_PACKAGE_PATH_NOT_EXPORTED|undefined: \w+\.|has no field or method"
    r"|(?:not enough|too many) arguments in call to|cannot use .{1,200} as .{1,100} value"
    r"|assignment mismatch|cannot find symbol"
)
"""How it is told that something is used otherwise than it can be."""
SIMPLE = (ast.Return, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr)
MAX_STATEMENT_LINES = 10
ENVIRONMENT = re.compile(r"environ\b|\bget_?env\(")
MISSING_FILE = re.compile(
    r"No such file or directory: ['\"]/(etc|run|var|opt|secrets|config)/"
    r"|no such file or directory, \w{1,20} ['\"]/(etc|run|var|opt|secrets|config)/"
    r"|\bopen /(etc|run|var|opt|secrets|config)/[^\s:]{1,500}: no such file or directory"
    r"|(FileNotFound|NoSuchFile)Exception: /(etc|run|var|opt|secrets|config)/"
)
UNSET = re.compile(r"[Ee]nvironment variable .{0,60}(not set|missing|required)")


def dependency(clues: Clues) -> Finding | None:
    """A package of somebody else is missing, broken or of the wrong version."""
    line = find_line(RESOLUTION, clues.symptoms)
    if line is not None:
        return _dependency("Packages cannot be resolved", line, 0.85)
    shown = find_line(NO_ATTRIBUTE, clues.said)
    lacking = NO_ATTRIBUTE.search(shown) if shown else None
    if lacking and shown and not is_known_module(lacking[1], clues.base):
        return _dependency(f"{lacking[1]} has another version than the code needs", shown, 0.7)
    if (moved := _moved_package(clues)) is not None:
        return moved
    for pattern, group in ((NO_MODULE, 1), (NO_NAME, 2), (NO_PACKAGE, 1), (NO_GO_PACKAGE, 1)):
        shown = find_line(pattern, clues.symptoms)
        match = pattern.search(shown) if shown else None
        if match and shown and not is_own_module(match[group], clues.base):
            return _dependency(f"{match[group]} is no part of this repository", shown, 0.85)
    return None


def configuration(clues: Clues) -> Finding | None:
    """A setting, secret, table or permission is missing or wrong."""
    stated = SETTINGS_TYPES.intersection(clues.types) or UNSET.search(clues.crash_line)
    if clues.is_deliberate and not stated:
        # What a service says on purpose may quote whatever somebody sent to it.
        return None
    line = find_line(SETTINGS, clues.symptoms) or find_line(MISSING_FILE, clues.symptoms)
    named = next((name for name in clues.types if name in SETTINGS_TYPES), None)
    if line is None and named is None and not _reads_environment(clues):
        return None
    shown = line or headline_of(clues.chain[0])
    return Finding(
        category=Category.CONFIGURATION,
        fixability=Fixability.NOT_CODE,
        summary=f"A setting, secret or permission is missing or wrong: {shown[:200]}",
        confidence=0.85,
        statements=(seen(shown, "The event names what is missing."), *clues.at_crash()),
        next_steps=(
            f"Compare the settings of {clues.alert.environment} with a place where it works.",
            "Look at what changed there lately: rotated secrets, new variables, migrations.",
            "Set what is missing and restart; make the service check it when it starts.",
        ),
    )


def is_known_module(module: str, snapshot: Snapshot) -> bool:
    """Whether a module is the repository's or the interpreter's own."""
    return module.partition(".")[0] in sys.stdlib_module_names or is_own_module(module, snapshot)


def is_own_module(module: str, snapshot: Snapshot) -> bool:
    """Whether the repository itself holds the top of this module's name."""
    if "/" in module:
        named = GO_MODULE.search(snapshot.repository.read_file(snapshot.sha, "go.mod") or "")
        return named is not None and f"{module}/".startswith(f"{named[1]}/")
    top = module.partition(".")[0]
    return any(
        path.endswith(".py") and (f"/{top}/" in f"/{path}" or f"/{path}".endswith(f"/{top}.py"))
        for path in snapshot.paths
    )


def _dependency(what: str, line: str, confidence: float) -> Finding:
    return Finding(
        category=Category.DEPENDENCY,
        fixability=Fixability.NOT_CODE,
        summary=f"{what}: {line[:200]}",
        confidence=confidence,
        statements=(seen(line, "The event names the package."),),
        next_steps=(
            "Compare the packages in the failing image with the lock file of its release.",
            "Rebuild the image from the lock file, or roll back to the image before.",
            "If the package is new, declare it in the project's dependencies.",
        ),
    )


def _moved_package(clues: Clues) -> Finding | None:
    """A release moved a package, and what fails is the package or the way in which it is used."""
    suspects = clues.evidence.suspects
    move = suspects[0].move if suspects else None
    cause = cause_in_settings(clues.evidence, clues.said, clues.base) if move else None
    if move is None or cause is None or cause.location.path != move.path:
        return None
    shown = find_line(MISMATCH, clues.symptoms)
    if move.role is not PackageRole.RAISED and shown is None:
        return None
    line = clues.base.file(move.path).line(cause.location.line)
    cited = quote_code(move.path, cause.location.line, line)
    back = f"Put {move.name} back to {move.old}" if move.old else f"Take {move.name} out again"
    return Finding(
        category=Category.DEPENDENCY,
        fixability=Fixability.NOT_CODE,
        summary=f"{move}: {clues.headline[:250]}",
        confidence=0.75 if shown else 0.6,
        statements=(Statement(text=cause.reason, citations=(cited,)), *clues.at_crash()),
        next_steps=(
            f"{back} in {move.path}, or roll back the release.",
            f"Read what changed in {move.name} up to {move.new}, and adapt the code to it.",
            "Let a test of the project run through what the package is used for.",
        ),
    )


def _reads_environment(clues: Clues) -> bool:
    """Whether the failing line looks something up in the process's environment."""
    if not {"KeyError", "TypeError", "ValueError"}.intersection(clues.types[:1]):
        return False
    if ENVIRONMENT.search(clues.crash_line):
        return True
    # A conversion fails where it begins, and may go on for some lines.
    statement = clues.flow.statement
    if clues.types[0] == "KeyError" or not isinstance(statement, SIMPLE):
        return False
    last = min(statement.end_lineno or statement.lineno, statement.lineno + MAX_STATEMENT_LINES)
    lines = (clues.crash_file.line(number) for number in range(statement.lineno, last + 1))
    return any(ENVIRONMENT.search(line) for line in lines)
