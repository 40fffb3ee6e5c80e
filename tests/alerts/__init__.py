"""Reading alerts: parsers, redaction and fingerprints."""
