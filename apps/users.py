"""Who may log in: the users of the settings, or the one that a first start made."""

import os
import secrets
from pathlib import Path

from apps.decisions import token_digest
from suture.domain.approval import Role
from suture.errors import SettingsError
from suture.settings import Settings, UserSettings

FIRST_USER = "admin"
TOKEN_BYTES = 32


def admin_token_file(settings: Settings) -> Path:
    """Return where the first user's token is kept."""
    return settings.state_dir.absolute() / "admin-token"


def new_token() -> str:
    """Make up a login token."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def with_first_user(settings: Settings) -> Settings:
    """Return the settings with the first user, if one was made and nobody else is named.

    Raises:
        SettingsError: the token's file cannot be read.
    """
    path = admin_token_file(settings)
    if settings.users or not path.exists():
        return settings
    try:
        token = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
    user = UserSettings(role=Role.ADMIN, token_sha256=token_digest(token))
    return settings.model_copy(update={"users": {FIRST_USER: user}})


def make_first_user(settings: Settings) -> bool:
    """Make an administrator's token if nobody could log in; tell whether one was made.

    Raises:
        SettingsError: the file cannot be written.
    """
    path = admin_token_file(settings)
    if settings.users or path.exists():
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(new_token() + "\n")
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}.") from error
    return True
