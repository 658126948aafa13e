"""What can go wrong between this demo and the provider: a code for the page, a reason for the log."""

from __future__ import annotations

import re


class SignInProblem(Exception):
    """A sign-in or sign-out that cannot go on.

    `code` is shown to the person: a code of the standard as the provider sent it, or one of ours
    from `wording.PROBLEMS`. `why` goes to the log and never holds a token or an input.
    """

    def __init__(self, code: str, *, why: str) -> None:
        super().__init__(why)
        self.code = code if re.fullmatch(r"[a-z0-9_]{1,64}", code) else "unknown_error"
        self.why = why


class ProviderUnreachable(SignInProblem):
    """The provider did not answer in time, or answered that it cannot now."""

    def __init__(self, *, why: str) -> None:
        super().__init__("provider_unreachable", why=why)
