from ledger.day import close


def fire():
    close([
        {"gross": "79.90", "method": "card"},
        {"gross": "1,049.00", "method": "wallet"},
    ])
