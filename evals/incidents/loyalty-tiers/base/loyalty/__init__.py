"""Points and tiers for customers."""
