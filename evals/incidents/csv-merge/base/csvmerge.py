"""Merges CSV exports; the newest record of a customer wins."""

import csv
import sys

FIELDS = ("customer", "email", "updated")


class Problem(Exception):
    """An export that cannot be read as one."""


def sniff(header):
    """Return the delimiter that a header line uses."""
    for delimiter in (";", ",", "\t"):
        if delimiter in header:
            return delimiter
    raise Problem("no delimiter in header: %r" % header)


def read_export(lines):
    """Return the records of one export."""
    lines = list(lines)
    if not lines:
        return []
    delimiter = sniff(lines[0])
    records = []
    for row in csv.DictReader(lines, delimiter=delimiter):
        missing = [field for field in FIELDS if not row.get(field)]
        if missing:
            raise Problem("%s missing in %r" % (", ".join(missing), row))
        records.append({field: row[field].strip() for field in FIELDS})
    return records


def merge(exports):
    """Return one record per customer, sorted by customer."""
    newest = {}
    for records in exports:
        for record in records:
            known = newest.get(record["customer"])
            if known is None or record["updated"] > known["updated"]:
                newest[record["customer"]] = record
    return [newest[customer] for customer in sorted(newest)]


def write(path, records):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows(records)


def main(arguments):
    target, *sources = arguments
    exports = []
    for source in sources:
        with open(source, newline="", encoding="utf-8") as file:
            exports.append(read_export(file))
    write(target, merge(exports))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
