"""One module per suite; each has `load(path: Path | None) -> Suite`."""
