"""Causes that compete, and what runs with instrumentation say for and against each."""
