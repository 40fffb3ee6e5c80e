"""Fixes without a model: classes of defects, suggested as small edits where the evidence points.

`propose(FixScene, limit) -> tuple[Draft, ...]` is all that other packages need.
"""

from suture.patterns.proposal import Draft, FixScene, propose

__all__ = ["Draft", "FixScene", "propose"]
