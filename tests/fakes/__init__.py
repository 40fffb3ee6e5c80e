"""In-memory implementations of the ports; the contract suites hold them to the real ones."""
