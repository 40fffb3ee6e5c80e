"""The benchmark on large repositories follows the product: its incident is still solved."""

from benchmarks.scale import measure


def test_the_broken_commit_is_found_in_a_small_tree_of_the_same_making() -> None:
    scale = measure(lines=3_000, commits=12, rounds=1)
    assert scale.found
    assert scale.tree.lines >= 3_000
    assert scale.blame > 0
    assert scale.ripgrep is None or scale.ripgrep > 0
    assert all(row.cold > 0 and row.warm > 0 for row in scale.rows)
