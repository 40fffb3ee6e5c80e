"""PagerDuty: incidents in."""
