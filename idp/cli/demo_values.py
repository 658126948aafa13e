"""What marks the demo's own values, so that they are refused everywhere else."""

from __future__ import annotations

import secrets
from pathlib import Path

from idp.settings import Settings, SettingsError

#: How the demo's root secret begins. Readable on purpose, and base64url, so that it works as a secret at all.
MARK = "only-for-the-demo-"


def new_root_secret() -> str:
    """A root secret for one demo: the mark, and 256 random bits."""
    text = MARK + secrets.token_urlsafe(32)
    return text + "-" * (-len(text) % 4)  # base64 counts in fours


def refuse_outside_the_demo(settings: Settings) -> None:
    """`SettingsError` when the demo's root secret would guard something else than the demo."""
    if (
        not settings.demo
        and settings.secret_file is not None
        and is_demo_secret(settings.secret_file)
    ):
        raise SettingsError(
            f"IDP_SECRET_FILE: {settings.secret_file} is the demo's; make an own one with `openssl rand -hex 32`"
        )


def is_demo_secret(file: Path) -> bool:
    """Whether the file holds a secret that a demo made."""
    return file.read_text(encoding="ascii").strip().startswith(MARK)
