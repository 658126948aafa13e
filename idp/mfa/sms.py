"""The text message: a passcode to the person's one mobile number for texts."""

from __future__ import annotations

from collections.abc import Sequence

from idp import clock
from idp.accounts import credentials
from idp.assurance import Proof, Strength
from idp.messaging import gateways
from idp.messaging.addresses import PhoneNumber, UnusableNumber, mobile_number
from idp.mfa import passcode
from idp.mfa.factor import (
    Answer,
    Continue,
    Exhausted,
    Login,
    Outcome,
    Proven,
    Rejected,
    Summary,
    View,
)
from idp.models import Credential


class Sms:
    """A code in a text message."""

    kind = "sms"
    order = 20
    recommended = False
    phishing_resistant = False

    def available(self) -> bool:
        """Only where a gateway is set."""
        return gateways.for_channel(self.kind) is not None

    def summary(self, credential: Credential) -> Summary:
        """The number, masked."""
        return Summary(
            credential.id,
            self.kind,
            credential.label,
            _number(credential).masked,
            credential.confirmed_at,
            credential.last_used_at,
        )

    def prepare(self, login: Login) -> None:
        """Nothing: the number is asked first."""

    def enrolment_view(self, login: Login) -> View:
        """The number that was given, and when a code went there; neither before the number is given."""
        credential = credentials.being_set_up(login.account_id, self.kind, login.id)
        if credential is None:
            return {}
        return {"masked": _number(credential).masked} | passcode.view(
            login, _enrolment_of(credential)
        )

    def enrol(self, login: Login, answer: Answer) -> Outcome:
        """First a number, to which a code goes; then that code. *Ander nummer* starts again."""
        credential = credentials.being_set_up(login.account_id, self.kind, login.id)
        if answer.action == "ander-nummer":
            if credential is not None:
                credentials.forget(credential)
            return Continue()
        if credential is None or "telefoonnummer" in answer.fields:
            return self._take_number(login, answer.text("telefoonnummer"))
        if answer.action == "opnieuw":
            return passcode.send(login, _enrolment_of(credential), _number(credential), self.kind)
        if (
            wrong := passcode.check(login, _enrolment_of(credential), answer.text("code"))
        ) is not None:
            return wrong
        if not credentials.confirm(credential, replaces_kind=True, reference=login.reference):
            return Exhausted("out-of-turn")
        return Proven(self._proof(credential))

    def _take_number(self, login: Login, typed: str) -> Outcome:
        try:
            number = mobile_number(typed)
        except UnusableNumber as unusable:
            return Rejected(unusable.trouble.value, field="telefoonnummer", costs_a_try=False)
        credential = credentials.begin(login.account_id, self.kind, login.id, number.e164)
        return passcode.send(login, _enrolment_of(credential), number, self.kind)

    def challenge_view(self, login: Login, own: Sequence[Credential]) -> View:
        """The masked number, and when a code went there, if one did."""
        return {"masked": _number(own[0]).masked} | passcode.view(login, _step_of(own[0]))

    def verify(self, login: Login, own: Sequence[Credential], answer: Answer) -> Outcome:
        """Send when asked (nothing goes out before that), else check the code."""
        credential = own[0]
        purpose = _step_of(credential)
        if answer.action == "opnieuw" or passcode.waiting(login, purpose) is None:
            return passcode.send(login, purpose, _number(credential), self.kind)
        wrong = passcode.check(login, purpose, answer.text("code"))
        return wrong if wrong is not None else Proven(self._proof(credential))

    def _proof(self, credential: Credential) -> Proof:
        return Proof(
            kind=self.kind,
            strength=Strength.POSSESSION,
            at=clock.now(),
            amr=("sms", "otp"),
            credential_id=credential.id,
        )


def _number(credential: Credential) -> PhoneNumber:
    return PhoneNumber(credentials.secret_of(credential))


def _enrolment_of(credential: Credential) -> str:
    return f"enrol:{credential.id}"


def _step_of(credential: Credential) -> str:
    return f"step:{credential.id}"


FACTOR = Sms()
