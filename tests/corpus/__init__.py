"""The corpus of realistic incidents that judges the fixer."""
