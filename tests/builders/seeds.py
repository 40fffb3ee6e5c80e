"""Credentials put where people and programs put them, each different: a leak says from where."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.builders.repository import RepositoryBuilder

COMMITTED_AT = datetime(2026, 6, 1, tzinfo=UTC)
IN_EVENTS = {
    "local_password": "5eed-local-Zq86",
    "local_nested": "5eed-nested-Zq87",
    "local_url": "5eed-url-Zq88",
    "request_header": "5eedHeaderZq89abcdefghij",
    "request_cookie": "5eed-cookie-Zq90",
    "log_token": "ghp_5eedZq91abcdefghijklmnopqrstuvwxyz",
    "log_password": "5eed-logline-Zq92",
    "extra_key": "AKIA5EEDZQ93ABCDEFGH",
}
IN_REPOSITORY = {
    "repository_key": "ghp_5eedZq94abcdefghijklmnopqrstuvwxyz",
    "repository_password": "5eed-repository-Zq95",
}


def commit_secrets(clone: Path, package: str) -> str:
    """Commit what nobody should commit, beside the code that fails; return the commit."""
    content = f"""PAYMENT_KEY = "{IN_REPOSITORY["repository_key"]}"
DB_PASSWORD = "{IN_REPOSITORY["repository_password"]}"
"""
    files = {f"{package}/local_settings.py": content, ".env": content}
    return RepositoryBuilder(clone).commit(files, "Set things up", at=COMMITTED_AT)


def seeded(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event with credentials where SDKs put them."""
    for error in event["exception"]["values"]:
        for frame in error["stacktrace"]["frames"]:
            frame["vars"] = {
                **frame.get("vars", {}),
                "password": IN_EVENTS["local_password"],
                "config": {"retries": 3, "api_key": IN_EVENTS["local_nested"]},
                "url": f"'postgres://shop:{IN_EVENTS['local_url']}@db/shop'",
            }
    crumbs = (
        f"login with token {IN_EVENTS['log_token']}",
        f"connecting with password={IN_EVENTS['log_password']} to db",
    )
    event["breadcrumbs"] = {"values": [{"message": text, "category": "log"} for text in crumbs]}
    event["logentry"] = {"formatted": crumbs[1]}
    event["request"] = {
        "url": "https://shop.example/articles",
        "headers": {"Authorization": f"Bearer {IN_EVENTS['request_header']}"},
        "cookies": {"session": IN_EVENTS["request_cookie"]},
    }
    event["extra"] = {"client": f"S3({IN_EVENTS['extra_key']})"}
    return event


def leaks_in(found: dict[str, bytes], seeds: dict[str, str]) -> set[tuple[str, str]]:
    """Return which credential can be found where."""
    return {
        (secret, where)
        for where, text in found.items()
        for secret, value in seeds.items()
        if value.encode() in text
    }
