"""Sentry: its ingest protocol, spoken by the SDKs inside running services."""
