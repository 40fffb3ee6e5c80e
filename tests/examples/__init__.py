"""The examples that ship with Suture."""
