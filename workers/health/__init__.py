"""Suture's own health: what it measures, traces and reports of itself."""
