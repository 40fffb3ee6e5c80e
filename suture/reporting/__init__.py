"""What people read: tickets, messages, pull requests and commits, rendered from one report."""
