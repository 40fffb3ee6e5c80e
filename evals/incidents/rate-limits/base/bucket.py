"""Token buckets. Times are seconds, given by the caller."""

import limits


def new_bucket(client, now):
    """Return a full bucket for a client's settings."""
    size = limits.burst(client)
    return {"tokens": float(size), "size": size, "rate": limits.per_minute(client) / 60, "at": now}


def take(bucket, now):
    """Take a token if there is one; tokens grow back with time."""
    grown = bucket["tokens"] + (now - bucket["at"]) * bucket["rate"]
    bucket["tokens"] = min(float(bucket["size"]), grown)
    bucket["at"] = now
    if bucket["tokens"] < 1:
        return False
    bucket["tokens"] -= 1
    return True
