"""The vendor-neutral webhook: how its senders prove who they are."""
