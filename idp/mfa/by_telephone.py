"""A passcode to the person's one number for it, by text or by call: what the two have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from idp import clock, settings
from idp.accounts import credentials
from idp.assurance import Level, Proof, Strength
from idp.messaging import gateways, guard, texts
from idp.messaging.addresses import PhoneNumber, UnusableNumber
from idp.mfa import passcode
from idp.mfa.factor import (
    Answer,
    Continue,
    Exhausted,
    Instead,
    Login,
    Outcome,
    Proven,
    Rejected,
    Summary,
    View,
)
from idp.models import Credential

#: How long a number that its owner changed alone is worth *laag* at most: time in which the owner of the old one
#: can say that it was somebody else. An activation code makes a number count at once.
WAITS: Final = timedelta(hours=72)


@dataclass(slots=True, kw_only=True)
class ByTelephone:
    """A code to a telephone. Its `kind` is also the gateway's channel."""

    kind: str
    order: int
    amr: tuple[str, ...]
    """What the proof earns (RFC 8176 section 2)."""
    number: Callable[[str, Collection[str]], PhoneNumber]
    """Reads a number that somebody typed, of one of these countries; `UnusableNumber` where this way cannot reach."""
    wording: texts.Wording
    instead: ByTelephone | None = None
    """Offered by itself for a number that only it can reach."""
    recommended: bool = False
    phishing_resistant: bool = False
    sends_messages: bool = True
    can_be_named: bool = False

    def available(self) -> bool:
        """Only where a gateway is set."""
        return bool(gateways.for_channel(self.kind))

    def reaches(self, _credentials: Sequence[Credential]) -> Level:
        """Never *hoog*: a code can be passed on."""
        return Level.SUBSTANTIEEL

    def summary(self, credential: Credential) -> Summary:
        """The number, masked."""
        return Summary(
            credential.id,
            self.kind,
            credential.label,
            _number(credential).masked,
            credential.confirmed_at,
            credential.last_used_at,
            credential.counts_from if credential.is_too_new else None,
        )

    def prepare(self, login: Login) -> None:
        """Nothing: the number is asked first."""

    def enrolment_view(self, login: Login) -> View:
        """The number that was given, and when a code went there; neither before the number is given."""
        credential = credentials.being_set_up(login.account_id, self.kind, login.id)
        if credential is None:
            return {} if login.in_window else {"waits_days": WAITS.days}
        return {"masked": _number(credential).masked} | passcode.view(
            login, _enrolment_of(credential)
        )

    def enrol(self, login: Login, answer: Answer) -> Outcome | Instead:
        """First a number, to which a code goes; then that code. *Ander nummer* starts again."""
        if answer.action == "bel-mij" and self.instead is not None and self.instead.available():
            return Instead(self.instead.kind)
        credential = credentials.being_set_up(login.account_id, self.kind, login.id)
        if answer.action == "ander-nummer":
            if credential is not None:
                credentials.forget(credential)
            return Continue()
        if credential is None or "telefoonnummer" in answer.fields:
            return self._take_number(login, answer.text("telefoonnummer"))
        if answer.action == "opnieuw":
            return self._send(login, _enrolment_of(credential), _number(credential), own=False)
        if (
            wrong := passcode.check(login, _enrolment_of(credential), answer.digits("code"))
        ) is not None:
            return wrong
        guard.completed(_number(credential), own=False)
        counts_from = None if login.in_window else clock.now() + WAITS
        if not credentials.confirm(
            credential, replaces_kind=True, counts_from=counts_from, reference=login.reference
        ):
            return Exhausted("out-of-turn")
        ceiling = Level.SUBSTANTIEEL if counts_from is None else Level.LAAG
        return Proven(self._proof(credential, ceiling))

    def _take_number(self, login: Login, typed: str) -> Outcome:
        try:
            number = self.number(typed, settings.current().message_countries)
        except UnusableNumber as unusable:
            return Rejected(
                unusable.trouble.value,
                field="telefoonnummer",
                costs_a_try=False,
                instead=self._who_takes(typed),
            )
        credential = credentials.begin(login.account_id, self.kind, login.id, number.e164)
        credential.number_digest = guard.number_digest(number)
        return self._send(login, _enrolment_of(credential), number, own=False)

    def _who_takes(self, typed: str) -> str | None:
        """The kind of factor that can use the number that this one cannot."""
        if self.instead is None or not self.instead.available():
            return None
        try:
            self.instead.number(typed, settings.current().message_countries)
        except UnusableNumber:
            return None
        return self.instead.kind

    def _send(self, login: Login, purpose: str, to: PhoneNumber, *, own: bool) -> Outcome:
        channel = passcode.Channel(self.kind, self.wording)
        return passcode.send(login, purpose, to, channel, own=own)

    def challenge_view(self, login: Login, own: Sequence[Credential]) -> View:
        """The masked number, and when a code went there, if one did."""
        return {"masked": _number(own[0]).masked} | passcode.view(login, _step_of(own[0]))

    def verify(self, login: Login, own: Sequence[Credential], answer: Answer) -> Outcome:
        """Send when asked (nothing goes out before that), else check the code."""
        credential = own[0]
        purpose = _step_of(credential)
        if answer.action == "opnieuw" or passcode.waiting(login, purpose) is None:
            if credential.number_digest is None:  # set up before numbers were counted
                credential.number_digest = guard.number_digest(_number(credential))
            return self._send(login, purpose, _number(credential), own=True)
        wrong = passcode.check(login, purpose, answer.digits("code"))
        if wrong is not None:
            return wrong
        guard.completed(_number(credential))
        ceiling = Level.LAAG if credential.is_too_new else Level.SUBSTANTIEEL
        return Proven(self._proof(credential, ceiling))

    def _proof(self, credential: Credential, ceiling: Level) -> Proof:
        return Proof(
            kind=self.kind,
            strength=Strength.POSSESSION,
            at=clock.now(),
            amr=self.amr,
            ceiling=ceiling,
            credential_id=credential.id,
        )


def _number(credential: Credential) -> PhoneNumber:
    return PhoneNumber(credentials.secret_of(credential))


def _enrolment_of(credential: Credential) -> str:
    return f"enrol:{credential.id}"


def _step_of(credential: Credential) -> str:
    return f"step:{credential.id}"
