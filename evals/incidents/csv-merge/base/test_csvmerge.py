import unittest

import csvmerge

SHOP = ["customer;email;updated", "c1;a@x.example;2026-01-02", "c2;b@x.example;2026-01-03"]
OUTLET = ["customer,email,updated", "c1,new@x.example,2026-02-01"]


class MergeTest(unittest.TestCase):

    def test_the_newest_record_wins(self):
        merged = csvmerge.merge([csvmerge.read_export(SHOP), csvmerge.read_export(OUTLET)])
        self.assertEqual([r["email"] for r in merged], ["new@x.example", "b@x.example"])

    def test_a_header_needs_a_delimiter(self):
        with self.assertRaises(csvmerge.Problem):
            csvmerge.sniff("customer")

    def test_missing_fields_are_named(self):
        with self.assertRaisesRegex(csvmerge.Problem, "email"):
            csvmerge.read_export(["customer,email,updated", "c1,,2026-01-01"])


if __name__ == "__main__":
    unittest.main()
