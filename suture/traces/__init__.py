"""Reads what production systems send, text in and `Alert` out. Everything here is hostile."""
