import unittest

from stocksync.feed import FeedError, parse_feed, parse_line
from stocksync.stock import Stock


class FeedTest(unittest.TestCase):

    def test_comments_are_passed_over(self):
        self.assertEqual(len(parse_feed("# monday\na1;3;200\n\nb2;1;999\n")), 2)

    def test_short_lines_are_refused(self):
        with self.assertRaises(FeedError):
            parse_line("a1;3")

    def test_deliveries_are_added_up(self):
        stock = Stock({"A1": 2})
        for position in parse_feed("a1;3;200"):
            stock.receive(position)
        self.assertEqual(stock.levels, {"A1": 5})


if __name__ == "__main__":
    unittest.main()
