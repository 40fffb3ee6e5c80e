from feedreader.collect import collect


def fire():
    collect({
        "north": {"status": 200, "content_type": "application/json", "body": b'{"title": "Plain"}'},
        "south": {"status": 200, "content_type": "application/json",
                  "body": '{"title": "Crème brûlée for beginners", "date": "2026-05-02"}'.encode()},
    })
