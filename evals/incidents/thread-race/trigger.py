import sys
import threading

from fulfilment import stats


def fire():
    for number in range(5000):
        stats.count(f"country-{number}")
    done = threading.Event()

    def work():
        number = 0
        while not done.is_set():
            stats.count(f"late-{number}")
            number += 1

    sys.setswitchinterval(1e-5)
    threading.Thread(target=work, daemon=True).start()
    try:
        for _ in range(2000):
            stats.snapshot()
    finally:
        done.set()
