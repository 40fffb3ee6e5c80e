from router.intake import receive


def fire():
    receive({"number": "8812", "topic": "refund", "text": "twice charged", "plan": "business"}, 493_000)
    receive({"number": "8813", "topic": "other", "text": "the API is unreachable", "plan": "business"}, 493_000)
