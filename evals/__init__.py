"""Measuring the engineer: suites of cases, run as production runs them, and their scoreboard."""
