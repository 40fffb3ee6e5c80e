"""Stock by article."""


class Stock(object):

    def __init__(self, levels=None):
        self.levels = dict(levels or {})

    def receive(self, position):
        sku = position["sku"]
        self.levels[sku] = self.levels.get(sku, 0) + position["quantity"]

    def take(self, sku, quantity):
        if self.levels.get(sku, 0) < quantity:
            raise ValueError("not enough of %s" % sku)
        self.levels[sku] -= quantity
