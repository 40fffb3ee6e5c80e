"""Stars from reviews."""


def stars(reviews):
    """Return the average number of stars of a seller's reviews."""
    return sum(review["stars"] for review in reviews) / len(reviews)


def badge(reviews):
    """Return what is shown beside a seller's name."""
    value = stars(reviews)
    if value >= 4.5:
        return "top seller"
    if value < 2:
        return "under review"
    return "%.1f stars" % value
