"""Slack: the message of an incident, and the buttons on it.

https://docs.slack.dev/
"""
