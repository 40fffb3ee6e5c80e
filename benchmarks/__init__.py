"""Measurements against the bare alternatives."""
