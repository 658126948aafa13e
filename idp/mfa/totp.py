"""The authenticator app: RFC 6238 with SHA-1, six digits and steps of 30 seconds, which every app takes.

A time step is accepted once per credential, by one statement that moves the last accepted step forward.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

import pyotp
import segno
from markupsafe import Markup
from sqlalchemy import Table, bindparam, update

from idp import clock, settings
from idp.accounts import credentials
from idp.assurance import Level, Proof, Strength
from idp.mfa.factor import Answer, Exhausted, Login, Outcome, Proven, Rejected, Summary, View, slip
from idp.models import Credential
from idp.secret_values import same
from idp.statements import Prepared

STEP_SECONDS = 30
EARLIER_STEPS = 1
"""The present step and so many before it; none ahead (RFC 6238 section 5.2)."""


_ROWS: Final = cast(Table, Credential.__table__)
_CLAIM: Final = Prepared(
    update(_ROWS)
    .where(_ROWS.c.id == bindparam("which"), _ROWS.c.last_step < bindparam("step"))
    .values(last_step=bindparam("step"))
    .returning(_ROWS.c.id)
)


class Totp:
    """A code from an app on the person's phone or tablet."""

    kind = "totp"
    order = 10
    recommended = True
    phishing_resistant = False
    sends_messages = False
    can_be_named = True

    def available(self) -> bool:
        """Always: it needs no gateway."""
        return True

    def reaches(self, _credentials: Sequence[Credential]) -> Level:
        """Never *hoog*: a code can be passed on."""
        return Level.SUBSTANTIEEL

    def summary(self, credential: Credential) -> Summary:
        """The app by the name the person gave it, if any."""
        return Summary(
            credential.id,
            self.kind,
            credential.label,
            None,
            credential.confirmed_at,
            credential.last_used_at,
        )

    def prepare(self, login: Login) -> None:
        """Make the seed, once: a reload shows the same one."""
        if credentials.being_set_up(login.account_id, self.kind, login.id) is None:
            credentials.begin(login.account_id, self.kind, login.id, pyotp.random_base32(32))

    def enrolment_view(self, login: Login) -> View:
        """The seed as text, and as the address that the QR code holds."""
        credential = credentials.being_set_up(login.account_id, self.kind, login.id)
        secret = credentials.secret_of(credential) if credential else ""
        uri = _otpauth_uri(secret, login)
        return {"secret": secret, "otpauth_uri": uri, "qr_svg": _qr(uri)}

    def enrol(self, login: Login, answer: Answer) -> Outcome:
        """The first code from the app confirms it."""
        credential = credentials.being_set_up(login.account_id, self.kind, login.id)
        if credential is None:
            return Exhausted("out-of-turn")
        outcome = self.verify(login, [credential], answer)
        if isinstance(outcome, Proven) and not credentials.confirm(
            credential, replaces_kind=False, reference=login.reference
        ):
            return Exhausted("out-of-turn")
        return outcome

    def challenge_view(self, login: Login, own: Sequence[Credential]) -> View:
        """The name under which the app lists this account."""
        return {"label": own[0].label, "account": login.account_label}

    def verify(self, login: Login, own: Sequence[Credential], answer: Answer) -> Outcome:
        """A code of any of the person's apps, of this step or the one before it, not used before."""
        code = answer.digits("code")
        if (slipped := slip(code)) is not None:
            return slipped
        now = clock.now()
        present = clock.epoch(now) // STEP_SECONDS
        for credential in own:
            totp = pyotp.TOTP(credentials.secret_of(credential))
            for step in range(present, present - EARLIER_STEPS - 1, -1):
                if same(totp.generate_otp(step), code) and _claim(credential, step):
                    return Proven(
                        Proof(
                            kind=self.kind,
                            strength=Strength.POSSESSION,
                            at=now,
                            amr=("otp",),
                            credential_id=credential.id,
                        )
                    )
        return Rejected("code-invalid")


def _claim(credential: Credential, step: int) -> bool:
    """Take this time step; of two at once, one gets it."""
    return _CLAIM.row({"which": credential.id, "step": step}) is not None


def _otpauth_uri(secret: str, login: Login) -> str:
    return pyotp.TOTP(secret).provisioning_uri(
        name=login.account_label, issuer_name=settings.current().service_name
    )


def _qr(uri: str) -> Markup:
    """The QR code as an inline picture without style, with four modules of white around it."""
    picture = segno.make(uri, error="m").svg_inline(
        border=4, omitsize=True, svgclass="mcz-qr", lineclass=None, dark="#000", light="#fff"
    )
    return Markup(picture)  # noqa: S704  (segno's own drawing: squares and numbers, nothing that anybody typed)


FACTOR = Totp()
