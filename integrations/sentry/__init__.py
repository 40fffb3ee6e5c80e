"""Sentry: the ingest protocol of its SDKs, and its own alerts in."""
