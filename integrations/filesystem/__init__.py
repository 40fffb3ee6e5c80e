"""Storage in directories of this host."""
