"""Tickets in Jira, Cloud or Data Center."""
