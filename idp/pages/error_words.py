"""What the words of an error page consist of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.pages.wording import translate

_ = translate
Facts = Mapping[str, Any]


@dataclass(frozen=True)
class ErrorCopy:
    """One error page: what happened, what somebody can do now, and the way on."""

    title: str
    explanation: str = ""
    steps: tuple[str, ...] = ()
    button: tuple[str, str] | None = None
    desk_title: str = ""
    icon: str = "alert"
    grave: bool = False


def sign_in_again() -> tuple[str, str]:
    """The button that most pages have."""
    return _("Opnieuw inloggen"), "/"
