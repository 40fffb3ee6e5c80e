"""Exporters by name. Plug-ins add theirs when they are loaded."""

REGISTRY = {}


def register(name):
    """Decorate a function as the exporter of this name."""

    def add(function):
        REGISTRY[name] = function
        return function

    return add


def export(name, rows):
    """Export rows; LookupError for unknown names."""
    if name not in REGISTRY:
        raise LookupError(name)
    return REGISTRY[name](rows)
