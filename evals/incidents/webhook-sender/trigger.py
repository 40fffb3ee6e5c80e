from sender.batch import deliver_all
from sender.settings import parse

INI = """[sender]
max_attempts = 4
first_pause = 0.25
[sender.acme]
max_attempts = 6
""".replace("    ", "")


def fire():
    deliver_all(parse(INI, "acme"), ["http://hooks.acme.example/x"], lambda u: 200, lambda s: None)
