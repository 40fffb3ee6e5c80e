import os
import socket

from fulfilment.worker import handle


def fire():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        os.environ["CARRIER_URL"] = f"http://127.0.0.1:{silent.getsockname()[1]}/parcels"
        handle({"id": "o-5501", "name": "Ida", "country": "DE", "weight_grams": 1200})
