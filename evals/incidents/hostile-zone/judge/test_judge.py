from depot import vans


def test_judge():
    assert vans.van_for('mars') == 'van-0'
    assert vans.van_for('South ') == 'van-2'
