"""The console: server-rendered pages on which people see incidents and decide about them."""
