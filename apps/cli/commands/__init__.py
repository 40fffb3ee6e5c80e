"""The commands, one small module per subject; what they need loads when they run."""
