from depot import warnings


def test_judge():
    assert warnings.short({'van-1': 2, 'van-2': 3}) == ['van-1']
