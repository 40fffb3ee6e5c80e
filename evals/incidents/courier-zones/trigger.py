from zones.couriers import assign


def fire():
    couriers = {"kim": (2500.0, 0.0), "lee": (1000.0, 300.0)}
    assign(couriers, {"id": "o-9", "x": "900", "y": "200"})
    assign(couriers, {"id": "o-10", "x": "7100.5", "y": "-350", "express": True})
