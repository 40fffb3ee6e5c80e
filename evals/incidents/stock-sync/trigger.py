from stocksync.intake import take_in
from stocksync.stock import Stock

FEED = """# Tuesday, dock 4
kx-100;12;1450
kx-220;4;8900
mm-7;100;35
""".replace("    ", "")


def fire():
    take_in(Stock({"MM-7": 4}), FEED, agreed={"KX-100": 1300, "KX-220": 8000, "MM-7": 40})
