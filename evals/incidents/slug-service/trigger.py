from slugs.publish import publish
from slugs.register import Register


def fire():
    publish(Register(), {"id": 77, "title": "東京だより"})
