"""A model at work on a repair: tools, prompts and guards, all of them pure."""
