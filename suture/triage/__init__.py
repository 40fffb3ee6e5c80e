"""What sort of cause an alert has, concluded by rules from the evidence."""
