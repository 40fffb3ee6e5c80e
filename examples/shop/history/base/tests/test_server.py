import json
import threading
import urllib.error
import urllib.request

import pytest

from shop.server import ShopServer


@pytest.fixture
def url():
    server = ShopServer(("127.0.0.1", 0), release="r1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


def test_the_catalogue_is_served(url):
    assert len(get(url + "/articles")["articles"]) == 3


def test_health_names_the_release(url):
    assert get(url + "/healthz") == {"status": "ok", "release": "r1"}


def test_other_pages_do_not_exist(url):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(url + "/nothing")
