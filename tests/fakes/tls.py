"""What httpx would otherwise make for each client, from all certificates of the machine."""

import ssl

TLS = ssl.create_default_context()
"""Nothing in the tests speaks TLS."""
