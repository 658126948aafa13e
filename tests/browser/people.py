"""People of the tests: each in the situation that a test asks for, under an own relation, with an app and a phone."""

from __future__ import annotations

import itertools
import json
import re
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

import pyotp

from idp import clock, throttle
from idp.accounts import activation_codes, directory, grants, passwords, sessions
from idp.assurance import password_proof
from idp.cli.application import find_application
from idp.cli.work import at_work, settings_of
from idp.database import db
from idp.mfa import seeding
from idp.oidc import clients
from tests.browser.demo_of_a_run import RunningDemo

ACTOR = "tests"
NAMES = (
    "Noor Jansen", "Tim Tromp", "Sanne Snoek", "Amir de Vries", "Eva Bakker", "Umar Visser", "Gijs Smit",
    "Britt Mulder", "Zoë Meijer",
)  # fmt: skip
PASSWORD = "lantaarn-kwartel-roeispaan-41"
#: Well formed, and nobody's.
WRONG_ACTIVATION_CODE = "0000-0000-00000"
STEP_SECONDS = 30
#: A code is not taken from the app when the app is about to show another.
LAST_MOMENT_SECONDS = 4
ARRIVES_WITHIN_SECONDS = 10
_MAILED_CODE = re.compile(r"^(\d{6})$", re.MULTILINE)
_MAILED_LINK = re.compile(r'<a [^>]*href="([^"]+)"')

Roles = Mapping[str, tuple[str, ...]]
USUAL_APPLICATIONS: Roles = {
    "wmo-berichten": ("indienen", "inzien"),
    "beleidsparameters": ("beheren",),
    "vrijstellingen": ("aanvragen",),
}


@dataclass
class Person:
    """Somebody at the keyboard: what they know and what they have."""

    relatienummer: str
    relation_name: str
    gebruikersnaam: str
    name: str
    wachtwoord: str
    telefoonnummer: str
    vast_nummer: str
    activatiecode: str = ""
    totp_secret: str = ""
    mailadres: str = ""
    outbox: str = field(default="", repr=False)
    _used_step: int = 0

    def code_from_the_app(self) -> str:
        """A code that the app shows now, never the same twice; waits where the app has no new one yet."""
        while True:
            present, gone = divmod(time.time(), STEP_SECONDS)
            left = STEP_SECONDS - gone
            # The one before the present is still taken, so that two codes can follow one another.
            steps = [int(present) - 1] if left > LAST_MOMENT_SECONDS else []
            for step in [*steps, int(present)]:
                if step > self._used_step:
                    self._used_step = step
                    return pyotp.TOTP(self.totp_secret).generate_otp(step)
            time.sleep(left + 0.05)

    def texts(self) -> list[dict[str, str]]:
        """The texts and calls that came in, newest first."""
        with urllib.request.urlopen(f"{self.outbox}?format=json", timeout=10) as answer:
            messages: list[dict[str, str]] = json.load(answer)
        return [each for each in messages if each["to"] in {self.telefoonnummer, self.vast_nummer}]

    def code_from_the_mail(self) -> str:
        """The six digits on a line of their own in the newest mail that has them, as the demo phone shows it."""
        return self._in_a_mail(_MAILED_CODE)

    def gets_a_link(self) -> None:
        """Wait until a mail with a link has come."""
        self._in_a_mail(_MAILED_LINK)

    def _in_a_mail(self, wanted: re.Pattern[str]) -> str:
        until = time.monotonic() + ARRIVES_WITHIN_SECONDS
        while True:
            with urllib.request.urlopen(self.outbox, timeout=10) as answer:
                shown = answer.read().decode()
            mails = [part for part in shown.split("<li ") if f'data-to="{self.mailadres}"' in part]
            if found := [there[1] for mail in mails if (there := wanted.search(mail))]:
                return found[0]
            assert time.monotonic() < until, "no such mail arrived"
            time.sleep(0.1)

    def number_for(self, kind: str) -> str:
        """The telephone that gets codes of this kind: texts the mobile one, calls the fixed one."""
        return self.vast_nummer if kind == "voice" else self.telefoonnummer

    def code_from_the_text(self) -> str:
        """The code in the newest text or call that has one; a text that only tells something has none.

        Messages leave by a queue: on a busy machine the first may come after the page.
        """
        until = time.monotonic() + ARRIVES_WITHIN_SECONDS
        while not (codes := [each["code"] for each in self.texts() if each["code"]]):
            assert time.monotonic() < until, "no code arrived"
            time.sleep(0.1)
        return codes[0]


class People:
    """Makes people in a running demo, through the same functions that an operator's verbs call."""

    def __init__(self, demo: RunningDemo, *, first_number: int) -> None:
        self._demo = demo
        self._settings = settings_of(demo.environment)
        self._numbers = itertools.count(first_number)

    def make(
        self,
        *,
        totp: bool = False,
        sms: bool = False,
        voice: bool = False,
        code: bool = False,
        start_password: bool = False,
        blocked: bool = False,
        applications: Roles = USUAL_APPLICATIONS,
        desk_role: str | None = None,
        mail: bool = False,
    ) -> Person:
        """Somebody new: with these methods, an activation code that waits, a start password instead of an own one."""
        number = next(self._numbers)
        name = NAMES[number % len(NAMES)]
        person = Person(
            relatienummer=str(number),
            relation_name="Gemeente Voorbeeld",
            gebruikersnaam=name.lower().replace(" ", ".").replace("ë", "e"),
            name=name,
            wachtwoord=PASSWORD,
            telefoonnummer=f"+316{number % 100_000_000:08d}",
            vast_nummer=f"+31201{number % 1_000_000:06d}",
            mailadres=f"{number}@voorbeeld.nl",
            outbox=self._demo.outbox,
        )
        with at_work(self._settings):
            relation = directory.add_relation(
                number=person.relatienummer, name=person.relation_name, kind="gemeente", actor=ACTOR
            )
            account, start = directory.add_account(
                relation=relation,
                username=person.gebruikersnaam,
                name=name,
                desk_role=desk_role,
                email=person.mailadres if mail else None,
                actor=ACTOR,
            )
            if start_password and start is not None:
                person.wachtwoord = start.reveal()
            else:
                passwords.set_password(account, person.wachtwoord, temporary=False)
            if totp:
                person.totp_secret = pyotp.random_base32()
                seeding.add_totp(account, person.totp_secret)
            if sms:
                seeding.add_sms(account, person.telefoonnummer)
            if voice:
                seeding.add_voice(account, person.vast_nummer)
            if code:
                _, readable = activation_codes.issue(account, channel="letter", actor=ACTOR)
                person.activatiecode = readable.reveal()
            for identifier, roles in applications.items():
                grants.grant(
                    account,
                    find_application(identifier),
                    roles=roles,
                    starts_at=None,
                    ends_at=None,
                    actor=ACTOR,
                )
            if blocked:
                directory.block_account(account, actor=ACTOR)
            db.session.flush()
        return person

    def correct_name(self, person: Person, name: str) -> None:
        """Let somebody at the operator's line correct a name."""
        with at_work(self._settings):
            account = directory.find_account(person.relatienummer, person.gebruikersnaam)
            directory.update_account(account, name=name, actor=ACTOR)

    def write_down_mail_address(self, person: Person) -> None:
        """Let somebody at the operator's line write down a mail address, which nobody has confirmed."""
        with at_work(self._settings):
            account = directory.find_account(person.relatienummer, person.gebruikersnaam)
            directory.update_account(account, email=person.mailadres, actor=ACTOR)

    def new_code(self, person: Person) -> str:
        """A newer activation code for somebody; the one before it works no more."""
        with at_work(self._settings):
            account = directory.find_account(person.relatienummer, person.gebruikersnaam)
            _, readable = activation_codes.issue(account, channel="letter", actor=ACTOR)
            return readable.reveal()

    def application_of_others(self, name: str, *, public: bool = False) -> tuple[str, str]:
        """An application that is not the body's own: its client id, and the address at which it asks for somebody."""
        callback = f"{self._demo.relying_party}/callback"
        with at_work(self._settings):
            client, _ = clients.add(
                name=name,
                profile="basic",
                auth_method="none" if public else "client_secret_basic",
                redirect_uris=[callback],
                scopes=["openid", "profile", "email", "applicaties"],
                is_third_party=True,
                actor=ACTOR,
            )
            client_id = client.client_id
        asked = {
            "client_id": client_id,
            "redirect_uri": callback,
            "response_type": "code",
            "scope": "openid profile email applicaties",
            "state": "een-staat",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",  # RFC 7636 appendix B
            "code_challenge_method": "S256",
        }
        return client_id, f"{self._demo.issuer}/oauth2/authorize?{urlencode(asked)}"

    def spend_tries_of_the_code(self, person: Person, times: int) -> None:
        """Let somebody enter wrong activation codes, so often."""
        with at_work(self._settings):
            account = directory.find_account(person.relatienummer, person.gebruikersnaam)
            for _ in range(times):
                activation_codes.redeem(account, WRONG_ACTIVATION_CODE, browser="", reference="")

    def spend_tries_at_the_door(self, relatienummer: str, gebruikersnaam: str, times: int) -> None:
        """Let somebody sign in with a wrong password, so often."""
        with at_work(self._settings):
            counter = throttle.key("sign-in", relatienummer, gebruikersnaam)
            for _ in range(times):
                throttle.attempt(counter, throttle.SIGN_IN)

    def was_here_before(self, person: Person, ago: timedelta) -> None:
        """Let somebody have signed in on another device, a while ago."""
        with at_work(self._settings), clock.standing_at(clock.now() - ago) as then:
            account = directory.find_account(person.relatienummer, person.gebruikersnaam)
            proofs = [password_proof(then.moment)]
            sessions.open_session(account.id, proofs, device="Firefox op Windows", reference="")

    def signed_in_before(self, person: Person, ago: timedelta) -> None:
        """Let the steps of somebody's sessions lie a while back."""
        with at_work(self._settings):
            account = directory.find_account(person.relatienummer, person.gebruikersnaam)
            for session in sessions.of_account(account.id):
                session.proofs = [
                    proof | {"at": proof["at"] - ago.total_seconds()} for proof in session.proofs
                ]
