from zones.catalogue import zone_of
from zones.geometry import within


def test_the_smallest_zone_wins():
    assert zone_of((100.0, 100.0)).name == "inner"


def test_far_away_is_nowhere():
    assert zone_of((50_000.0, 0.0)) is None


def test_the_edge_belongs_to_the_circle():
    assert within((0.0, 0.0), (3.0, 4.0), 5.0)
