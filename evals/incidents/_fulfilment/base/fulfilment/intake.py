"""Orders as the shop's customers submit them."""

COUNTRIES = {"DE", "FR", "NL"}
LONGEST_NOTE = 60


class InvalidOrder(ValueError):
    """The customer has to change something; the shop shows the message."""


def parse_order(payload: dict) -> dict:
    """Return a checked order.

    Raises:
        InvalidOrder: something is missing or not allowed.
    """
    for field in ("id", "name", "country", "weight_grams"):
        if not payload.get(field):
            raise InvalidOrder(f"{field} is missing")
    if payload["country"] not in COUNTRIES:
        raise InvalidOrder(f"we do not deliver to {payload['country']}")
    weight = int(payload["weight_grams"])
    if not 0 < weight <= 31_500:
        raise InvalidOrder(f"{weight} g cannot be shipped")
    note = payload.get("note", "")
    if len(note) > LONGEST_NOTE:
        raise InvalidOrder(f"the note is too long: {note}")
    return {**payload, "weight_grams": weight, "note": note}
