"""The incident's story and its children, deterministic and durable."""
