from loyalty.events import Accounts, handle_purchase


def fire():
    accounts = Accounts({"c-204": 3100})
    handle_purchase(accounts, {"customer": "c-204", "amount_cents": 1999})
    handle_purchase(accounts, {"customer": "c-771", "amount_cents": 4250})
