"""What Suture needs from the world: one Protocol per file, each with its contract.

Ports are synchronous: activities run in threads, and most vendors' clients are blocking.
Adapters raise only the errors of `suture.errors`, and every `ensure_*` finds before it creates,
so that calling it again with the same key changes nothing.
"""
