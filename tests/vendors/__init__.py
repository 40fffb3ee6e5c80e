"""Vendors: their webhooks read, without a network."""
