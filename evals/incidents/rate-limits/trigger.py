import gate
import limits


def fire():
    clients = limits.load('{"clients": {"acme": {"per_minute": 90}, "nordlicht": {"burst": 20}}}')
    made = gate.Gate(clients)
    made.admit("acme", 100.0)
    made.admit("nordlicht", 100.2)
