from rota.paging import page


def fire():
    team = {"people": ["ida", "tom"], "absences": {"ida": ["2026-05-01"], "tom": ["2026-05-01", "2026-05-02"]}}
    page({"service": "shop", "day": "2026-05-01", "text": "error rate above 5 %"}, team)
