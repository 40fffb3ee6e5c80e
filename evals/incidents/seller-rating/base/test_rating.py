import rating


def review(*stars):
    return [{"stars": number} for number in stars]


def test_stars_are_averaged():
    assert rating.stars(review(4, 5, 3)) == 4.0


def test_badges():
    assert rating.badge(review(5, 5)) == "top seller"
    assert rating.badge(review(1, 2)) == "under review"
    assert rating.badge(review(3, 4)) == "3.5 stars"
