from reorder.orders import morning


def fire():
    suppliers = {"paper": [
        {"name": "Papeterie Nord", "lead_days": 5, "unit_cents": 210},
        {"name": "Bureau Plus", "lead_days": None, "unit_cents": 210},
    ]}
    morning([{"id": "p-80", "group": "paper", "stock": 45, "sales": [3, 2, 4]}], suppliers)
