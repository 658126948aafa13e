"""Errors that know who may hear them.

`why` is for our log. A person reads the page that belongs to `error`; a client reads the standard's code.
"""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any


class Refusal(Exception):
    """Something we turn down. `why` goes to the log and to `idp explain`, never outside."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class RefusedOnOurPage(Refusal):
    """Ends on a page of ours, named by the contract's error name; nobody is redirected.

    `facts` fill the page's sentences (an application's name, a moment, a number of days).
    """

    def __init__(
        self,
        error: str,
        status: HTTPStatus,
        why: str,
        *,
        reference: str | None = None,
        until: datetime | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(why)
        self.error = error
        self.status = status
        self.reference = reference
        self.until = until
        self.facts = facts


class WrongInput(Refusal):
    """What an operator typed cannot be done; the sentence is for the operator."""
