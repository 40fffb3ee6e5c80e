"""The command line: `suture`."""
