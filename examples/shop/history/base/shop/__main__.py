"""Runs the shop until it is told to stop."""

import os
import signal
import sys
import threading

from .server import ShopServer


def main() -> int:
    address = (os.environ.get("SHOP_HOST", "127.0.0.1"), int(os.environ.get("SHOP_PORT", "8080")))
    server = ShopServer(address, release=os.environ.get("SHOP_RELEASE", ""))

    def stop(*_: object) -> None:
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.serve_forever(poll_interval=0.05)
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
