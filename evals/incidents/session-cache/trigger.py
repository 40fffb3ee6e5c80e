from sessions.service import login


def fire():
    sessions = {}
    login(sessions, {"token": "a81", "user": "ida"}, 1000)
    login(sessions, {"token": "c02", "user": "tom"}, 2000)
    login(sessions, {"token": "f6e", "user": "eva"}, 2900)
