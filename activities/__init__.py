"""Stages as retryable steps: Temporal on one side, ports on the other."""
