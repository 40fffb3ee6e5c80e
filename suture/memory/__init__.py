"""What earlier incidents teach about a new one."""
