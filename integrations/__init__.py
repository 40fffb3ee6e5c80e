"""Adapters: one folder per vendor or embedded part, each behind a port of `suture.ports`."""
