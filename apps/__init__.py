"""What people and machines meet: gateway, console and command line."""
