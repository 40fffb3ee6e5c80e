import search
import signup


def fire():
    sellers = [{"name": "north", "reviews": [{"stars": 4}, {"stars": 5}]}, signup.new_seller("east")]
    search.rank(sellers)
