"""Rules for what is not the code's fault: network, memory, disk, somebody else's system, noise.

Error numbers and names: https://docs.python.org/3/library/errno.html and
https://docs.python.org/3/library/exceptions.html#os-exceptions.
"""

import re

from suture.domain.diagnosis import Category, Fixability
from suture.triage.clues import Clues, Finding, find_line, headline_of, seen

INTERRUPTIONS = {
    "KeyboardInterrupt",
    "SystemExit",
    "GeneratorExit",
    "CancelledError",
    "ClientDisconnect",
    "ClientDisconnected",
    "BrokenPipeError",
}
QUIET_LEVELS = {"debug", "info", "warning"}

MEMORY = re.compile(
    r"\bMemoryError\b|Out of memory: Killed|out of memory: Killed process|oom-kill(er)?\b|"
    r"OOMKilled|\bOutOfMemoryError\b|runtime: out of memory|"
    r"exit(ed)?[ _](with )?(code|status)[ =:]*137\b|Cannot allocate memory|"
    r"std::bad_alloc|heap out of memory|^Killed$",
    re.MULTILINE,
)
RESOURCES = re.compile(
    r"[Nn]o space left on device|Errno 28\b|[Dd]isk quota exceeded|database or disk is full|"
    r"[Tt]oo many open files|Errno 24\b|\bE[MN]FILE\b|\bENOSPC\b|unable to create native thread|"
    r"[Tt]oo many connections|remaining connection slots|"
    r"QueuePool limit|pool (is )?exhausted|PoolTimeout|can't start new thread|"
    r"[Rr]esource temporarily unavailable"
)
NETWORK_TYPES = {
    "ConnectionError",
    "ConnectionRefusedError",
    "ConnectionResetError",
    "ConnectionAbortedError",
    "TimeoutError",
    "timeout",
    "gaierror",
    "herror",
    "URLError",
    "Timeout",
    "ConnectTimeout",
    "ReadTimeout",
    "WriteTimeout",
    "ConnectError",
    "ReadError",
    "RemoteProtocolError",
    "RemoteDisconnected",
    "IncompleteRead",
    "NewConnectionError",
    "MaxRetryError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ServerDisconnectedError",
    "ClientConnectorError",
    "ClientOSError",
    "ServerTimeoutError",
    "EndpointConnectionError",
    "ChunkedEncodingError",
}
NETWORK = re.compile(
    r"[Cc]onnection (refused|reset|aborted|timed out|closed)|Errno (104|110|111|113)\b|"
    r"Temporary failure in name resolution|Name or service not known|getaddrinfo failed|"
    r"nodename nor servname|[Rr]ead timed out|[Cc]onnect(ion)? timeout|Network is unreachable|"
    r"No route to host|server closed the connection|could not connect to server|"
    r"EOF occurred in violation of protocol|ETIMEDOUT|ECONN(RESET|REFUSED|ABORTED)|EAI_AGAIN|"
    r"\bE(HOST|NET)UNREACH\b|\bENOTFOUND\b|UND_ERR_(CONNECT_TIMEOUT|SOCKET|HEADERS_TIMEOUT)|"
    r"socket hang up|no such host|i/o timeout|TLS handshake timeout|network is unreachable|"
    r"no route to host|context deadline exceeded|UnknownHostException|SocketTimeoutException"
)
GATEWAY = re.compile(
    r"\b(50[234])\b.{0,40}(Bad Gateway|Service Unavailable|Gateway Time-?out|Server Error)|"
    r"HTTP Error 50[234]\b|status( code)?[ =:]*50[234]\b|Bad Gateway|Gateway Time-?out"
)
PROVIDER = re.compile(
    r"HTTP Error (5\d\d|429)\b|\b5\d\d Server Error|Internal Server Error|Too Many Requests|"
    r"[Rr]ate ?limit (was )?(exceeded|reached)|status( code)?[ =:]*(500|429)\b"
)


def noise(clues: Clues) -> Finding | None:
    """Nothing failed: an interruption, a client that went away, or a mere message."""
    level = clues.alert.tags.get("level", "").lower()
    quiet = not clues.chain and not clues.alert.failed_tests and level in QUIET_LEVELS
    if quiet and not any(sign.search(clues.symptoms) for sign in (MEMORY, RESOURCES, NETWORK)):
        claim = f"The event is of level {level} and names no failure."
        return Finding(
            category=Category.NOISE,
            fixability=Fixability.NOT_CODE,
            summary=f"A {level} message without a failure.",
            confidence=0.8,
            statements=(seen(level, claim),),
            next_steps=("Leave such messages out of alerting, or raise their level on purpose.",),
        )
    if not clues.types or clues.types[-1] not in INTERRUPTIONS or clues.is_deliberate:
        return None
    name = clues.types[-1]
    return Finding(
        category=Category.NOISE,
        fixability=Fixability.NOT_CODE,
        summary=f"{name}: the work was interrupted from outside, nothing is broken.",
        confidence=0.75,
        statements=(seen(name, f"{name} says that somebody stopped the work or went away."),),
        next_steps=(
            "Ignore this type of event at its source if it comes often.",
            "If it rose after a deployment, look at shutdown times and client time limits.",
        ),
    )


def out_of_memory(clues: Clues) -> Finding | None:
    """The process needed more memory than it had."""
    line = find_line(MEMORY, clues.symptoms)
    if line is None:
        return None
    return Finding(
        category=Category.OUT_OF_MEMORY,
        fixability=Fixability.NOT_CODE,
        summary="The process ran out of memory.",
        confidence=0.9,
        statements=(seen(line, "The event tells of exhausted memory."), *clues.at_crash()),
        next_steps=(
            "Compare the memory limit with the use before the kill, and with the load then.",
            "If use grows without load, take a heap profile of a running process: it is a leak.",
            "Raise the limit or bound the size of what is read at once, then restart the process.",
        ),
    )


def resource_exhausted(clues: Clues) -> Finding | None:
    """Disk, file handles, threads or connections are used up."""
    line = find_line(RESOURCES, clues.symptoms)
    if line is None:
        return None
    return Finding(
        category=Category.RESOURCE_EXHAUSTED,
        fixability=Fixability.NOT_CODE,
        summary=f"A resource is used up: {line[:200]}",
        confidence=0.9,
        statements=(seen(line, "The event names what is used up."), *clues.at_crash()),
        next_steps=(
            "Free or enlarge it: disk space, file handles, threads or database connections.",
            "Find out what uses it up: the growth over the last days tells a leak from a peak.",
            "If a deployment made it grow, roll that back.",
        ),
    )


def transient_network(clues: Clues) -> Finding | None:
    """Another system could not be reached, or its gateway had nothing behind it."""
    named = next((name for name in clues.types if name in NETWORK_TYPES), None)
    line = find_line(NETWORK, clues.symptoms) or find_line(GATEWAY, clues.symptoms)
    if (named is None and line is None) or clues.alert.failed_tests:
        return None
    deliberate = clues.is_deliberate and line is None
    shown = line or headline_of(clues.chain[0])
    return Finding(
        category=Category.TRANSIENT_NETWORK,
        fixability=Fixability.NEEDS_HUMAN if deliberate else Fixability.NOT_CODE,
        summary=f"Another system could not be reached: {shown[:300]}",
        confidence=0.6 if deliberate else 0.85,
        statements=(seen(shown, "The event tells of a failed connection."), *clues.at_crash()),
        next_steps=_network_steps(clues),
    )


def external_service(clues: Clues) -> Finding | None:
    """Somebody else's system answered that it has failed or had enough."""
    line = find_line(PROVIDER, clues.symptoms)
    if line is None or clues.alert.failed_tests or clues.is_deliberate:
        return None
    return Finding(
        category=Category.EXTERNAL_SERVICE,
        fixability=Fixability.NOT_CODE,
        summary=f"A system that the service calls has failed: {line[:300]}",
        confidence=0.8,
        statements=(seen(line, "The answer of the other system says so."), *clues.at_crash()),
        next_steps=(
            "Look at the status page of the system that answered, and tell its owners.",
            "If it refuses because of the rate, lower the rate or ask for more.",
        ),
    )


def _network_steps(clues: Clues) -> tuple[str, ...]:
    steps = [
        "Look at the health and the recent changes of the system at the other end.",
        "Check name resolution, routes and firewalls between the two.",
        "If it has passed, leave it; if it comes again, add a retry or a longer time limit.",
    ]
    if clues.changed:
        commit = clues.evidence.suspects[0].commit[:12]
        steps.append(f"{commit} changed this path lately: check that it calls the right address.")
    return tuple(steps)
