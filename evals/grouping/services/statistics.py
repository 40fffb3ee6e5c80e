"""Figures of a shop: every operation is one way to use the library."""

import decimal
import fractions

import statistics

PRICES = [2, 3, 3, 5, 8, 13, 21]
RATES = [1.5, 2.5, 2.75, 3.25, 4.0]
EXACT = [fractions.Fraction(1, 3), fractions.Fraction(2, 3), fractions.Fraction(5, 3)]
MONEY = [decimal.Decimal("0.5"), decimal.Decimal("1.75"), decimal.Decimal("2.25")]


def refuse(call: object, *arguments: object) -> str:
    """Return what is said of data that is not enough."""
    try:
        call(*arguments)
    except statistics.StatisticsError as error:
        return str(error)
    return "accepted"


def op_mean() -> object:
    return statistics.mean(PRICES), statistics.mean(RATES)


def op_exact_mean() -> object:
    return statistics.mean(EXACT), statistics.mean(MONEY)


def op_fast_mean() -> object:
    return statistics.fmean(RATES), statistics.fmean(PRICES, weights=[1] * 7)


def op_geometric() -> object:
    return statistics.geometric_mean(RATES)


def op_harmonic() -> object:
    return statistics.harmonic_mean(RATES), statistics.harmonic_mean([40, 60], weights=[5, 30])


def op_median() -> object:
    return statistics.median(PRICES), statistics.median(RATES[:4])


def op_medians() -> object:
    return statistics.median_low(PRICES), statistics.median_high(PRICES[:6])


def op_grouped() -> object:
    return statistics.median_grouped(PRICES, interval=2)


def op_mode() -> object:
    return statistics.mode(PRICES), statistics.multimode("aabbc")


def op_quantiles() -> object:
    return statistics.quantiles(PRICES, n=4), statistics.quantiles(RATES, n=3, method="inclusive")


def op_variance() -> object:
    return statistics.variance(PRICES), statistics.variance(EXACT)


def op_population() -> object:
    return statistics.pvariance(PRICES), statistics.pvariance(RATES, 3)


def op_deviation() -> object:
    return statistics.stdev(PRICES), statistics.stdev(MONEY)


def op_population_deviation() -> object:
    return statistics.pstdev(RATES), statistics.pstdev(MONEY)


def op_covariance() -> object:
    return statistics.covariance(PRICES[:5], RATES)


def op_correlation() -> object:
    return statistics.correlation(PRICES[:5], RATES)


def op_regression() -> object:
    return statistics.linear_regression(PRICES[:5], RATES)


def op_proportional() -> object:
    return statistics.linear_regression(PRICES[:5], RATES, proportional=True)


def op_normal() -> object:
    normal = statistics.NormalDist(10, 2)
    return normal.pdf(9), normal.cdf(9), normal.zscore(12), normal.median, normal.variance


def op_inverse() -> object:
    normal = statistics.NormalDist(10, 2)
    return normal.inv_cdf(0.01), normal.inv_cdf(0.6), normal.quantiles(4)


def op_samples() -> object:
    return statistics.NormalDist.from_samples(RATES), statistics.NormalDist(1, 2).samples(3, seed=4)


def op_overlap() -> object:
    one, other = statistics.NormalDist(1, 2), statistics.NormalDist(3, 1)
    return one.overlap(other), one.overlap(statistics.NormalDist(3, 2))


def op_sum_of_normals() -> object:
    normal = statistics.NormalDist(1, 2)
    return normal + 3, normal + normal, 5 - normal, normal * 2, normal / 2, -normal, hash(normal)


def op_refused() -> object:
    return refuse(statistics.mean, []) + refuse(statistics.variance, [1])


def op_refused_more() -> object:
    return refuse(statistics.median, []) + refuse(statistics.quantiles, [1])


def op_refused_pairs() -> object:
    return refuse(statistics.correlation, [1, 2], [1]) + refuse(statistics.covariance, [1], [1])
