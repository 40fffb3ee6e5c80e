"""Tickets in Linear, and alerts and news from it."""
