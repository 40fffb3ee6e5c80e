"""Services over real libraries, whose seeded faults show in many stack traces."""
