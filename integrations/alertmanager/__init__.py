"""Alertmanager: alerts in."""
