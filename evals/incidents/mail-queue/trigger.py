from mailqueue.bounces import process
from mailqueue.templates import WELCOME, render


def fire():
    sent = {"m-17": render(WELCOME, "m-17", "Tom@Mail.example", name="Tom")}
    process(sent, {"id": "m-17", "code": "421", "text": "try later"}, set())
    process(sent, {"id": "m-17", "code": "550", "text": "no such user"}, set())
