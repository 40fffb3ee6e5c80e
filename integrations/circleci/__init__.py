"""CircleCI: what becomes of its workflows."""
