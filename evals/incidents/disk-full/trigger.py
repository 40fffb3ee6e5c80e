from pathlib import Path

from fulfilment.labels import write_label


def fire():
    Path("o-5501.txt").symlink_to("/dev/full")
    write_label(".", {"id": "o-5501", "name": "Ida", "country": "DE", "weight_grams": 1200}, "T-90031")
