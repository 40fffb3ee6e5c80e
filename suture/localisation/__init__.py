"""From an alert to places in the repository: what was running, what changed, who is suspect."""
