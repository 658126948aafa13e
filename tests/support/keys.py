"""A stand-in for a key: an authenticator app whose proofs count as phishing-resistant, for tests about what that opens.

Pages, codes and rows are those of the real app, so a test can walk with it. What a key promises has tests of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from idp.assurance import Level
from idp.mfa.factor import Answer, Login, Outcome, Proven
from idp.mfa.totp import Totp
from idp.models import Credential


class StandInKey(Totp):
    """An authenticator app that phishing does not get past."""

    phishing_resistant = True
    model_is_listed = False

    def reaches(self, _credentials: Sequence[Credential]) -> Level:
        """As a key does whose model the operator listed, or one of an unknown model."""
        return Level.HOOG if self.model_is_listed else Level.SUBSTANTIEEL

    def verify(self, login: Login, credentials: Sequence[Credential], answer: Answer) -> Outcome:
        """As the app does, with a better proof."""
        outcome = super().verify(login, credentials, answer)
        if not isinstance(outcome, Proven):
            return outcome
        return Proven(replace(outcome.proof, phishing_resistant=True))
