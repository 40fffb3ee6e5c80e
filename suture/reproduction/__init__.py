"""Rebuilding the call that failed in production, as a probe and as a regression test.

Everything here is text in, text out: nothing from an alert or a repository is ever evaluated by
Suture itself. `planning.plan` is the way in.
"""
