"""Importing this loads litellm: for the process that forks one child per call, and nobody else."""

from integrations.litellm.library import load_litellm

load_litellm()
