"""One suite per port, held against the fake and against every real adapter."""
