"""The one table of patterns. Priors follow how often people make such single-statement fixes.

Frequencies: TSSB-3M, https://arxiv.org/abs/2201.12046 (identifier 237K, binary operand 174K, more
arguments 150K, function name 134K, wrapping call 117K, attribute 104K, number 97K, condition 68K).
"""

from itertools import chain

from suture.patterns import (
    arguments,
    bounds,
    calls,
    conditions,
    containers,
    conversions,
    defaults,
    exits,
    expressions,
    guards,
    hiding,
    imports,
    insertions,
    left_behind,
    names,
    operators,
    optional,
    passing,
    regexes,
    restore,
    returns,
    siblings,
    statements,
    synthesis,
    throughout,
    wrapping,
)
from suture.patterns.scene import Pattern

FAMILIES = (
    restore,
    left_behind,
    names,
    operators,
    bounds,
    calls,
    arguments,
    passing,
    siblings,
    throughout,
    returns,
    exits,
    conversions,
    containers,
    imports,
    statements,
    defaults,
    expressions,
    regexes,
    wrapping,
    synthesis,
    conditions,
    insertions,
    optional,
    guards,
    hiding,
)
PATTERNS: tuple[Pattern, ...] = tuple(chain.from_iterable(f.PATTERNS for f in FAMILIES))
