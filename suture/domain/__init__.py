"""The vocabulary of an incident: frozen, typed values that every layer shares."""
