"""Suppliers' delivery feed: one line per position, `sku;quantity;unit cost in cents`."""


class FeedError(Exception):
    """A line does not say what a delivery line must say."""


def parse_line(line):
    """Return one position as a dict."""
    parts = [part.strip() for part in line.split(";")]
    if len(parts) != 3:
        raise FeedError("expected 3 fields: %r" % line)
    return {"sku": parts[0].upper(), "quantity": int(parts[1]), "unit_cost": int(parts[2])}


def parse_feed(text):
    """Return all positions; empty lines and comments are passed over."""
    lines = (line.strip() for line in text.splitlines())
    return [parse_line(line) for line in lines if line and not line.startswith("#")]
