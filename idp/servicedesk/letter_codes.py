"""An activation code by letter, as the desk asks for one: the one place that knows how letters come about."""

from __future__ import annotations

from idp.accounts import activation_codes
from idp.models import Account


def ask_for_letter(account: Account, *, actor: str) -> None:
    """A new code that goes out by letter, which voids the ones before it; nobody at the desk sees it."""
    activation_codes.issue(account, channel="letter", actor=actor)
