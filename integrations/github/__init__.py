"""GitHub: alerts in."""
