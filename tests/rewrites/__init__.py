"""Small edits of other languages."""
