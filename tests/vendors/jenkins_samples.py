"""Notifications as Jenkins' Notification plugin 1.18 sends them."""

from typing import Any

from tests.vendors.sample import Sample

SHA = "c6d86dc654b12425e706bcf951adfe5a8627a517"
LOG = """\
Started by an SCM change
+ python -m pytest
============================= test session starts ==============================
collected 1 item

tests/test_shop.py F                                                     [100%]

=================================== FAILURES ===================================
___________________________ test_average_of_nothing ____________________________

    def test_average_of_nothing():
>       assert shop.average([]) == 0

tests/test_shop.py:4:
_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _

items = []

    def average(items):
>       return sum(items) / len(items)
E       ZeroDivisionError: division by zero

shop.py:2: ZeroDivisionError
=========================== short test summary info ============================
FAILED tests/test_shop.py::test_average_of_nothing - ZeroDivisionError: division by zero
============================== 1 failed in 0.03s ===============================
Build step 'Execute shell' marked build as failure
"""


def build(status: str | None = "FAILURE", **fields: object) -> dict[str, Any]:
    """Return one run of the job."""
    return {
        "full_url": "https://jenkins.example.com/job/shop/18/",
        "number": 18,
        "queue_id": 310,
        "phase": "FINALIZED",
        "timestamp": "2026-11-21T11:57:26.7+00:00",
        "duration": 41_000,
        "status": status,
        "url": "job/shop/18/",
        "scm": {
            "url": "https://github.com/acme/shop.git",
            "branch": "origin/main",
            "commit": SHA,
            "changes": ["shop.py"],
            "culprits": ["ada"],
        },
        "parameters": {"BRANCH": "main"},
        "log": "",
        "notes": "",
        "artifacts": {},
        **fields,
    }


def summary(*names: str) -> dict[str, Any]:
    """Return what published test reports say."""
    return {
        "total": 12,
        "failed": len(names),
        "passed": 12 - len(names),
        "skipped": 0,
        "failed_tests": list(names),
    }


def notification(status: str | None = "FAILURE", **fields: object) -> dict[str, Any]:
    """Return a notification; the fields are those of the build."""
    return {
        "name": "shop",
        "display_name": "The shop",
        "url": "job/shop/",
        "build": build(status, **fields),
    }


def multibranch(branch: str, folder: str = "") -> dict[str, Any]:
    """Return a notification of a multibranch pipeline, whose jobs are called as branches are."""
    path = f"job/acme/job/shop/job/{folder or branch}/"
    url = f"https://jenkins.example.com/{path}7/"
    run = build(full_url=url, url=f"{path}7/", number=7, scm={"branch": branch, "commit": SHA})
    return {"name": folder or branch, "display_name": branch, "url": path, "build": run}


SAMPLES = (
    Sample(payload=notification(log=LOG)),
    Sample(payload=notification("UNSTABLE", test_summary=summary("tests.test_shop.test_average"))),
    Sample(payload=notification("SUCCESS", test_summary=summary())),
    Sample(payload=notification(None, phase="STARTED")),
    Sample(payload=multibranch("main")),
)
