"""The pure core of Suture: what an incident is, what is allowed, and what the evidence says.

Nothing below this package does I/O, knows a vendor, or knows Temporal.
"""
