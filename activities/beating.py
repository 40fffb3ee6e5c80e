"""Heartbeats for work that blocks, so that a dead worker is noticed within seconds."""

from temporalio import activity


def beat() -> None:
    """Tell Temporal that this activity lives.

    Raises what Temporal delivers, such as a cancellation, at the place where it is called:
    long-running adapters take this as their `on_progress`.
    """
    if activity.in_activity():
        activity.heartbeat()
