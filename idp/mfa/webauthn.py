"""A passkey or a security key (WebAuthn Level 3): bound to our origin, so that a copied page gets nothing of use.

A person may have several, each with a name. The challenge is claimed before anything is believed, and the counter is
compared by the statement that stores it. The page needs a script; everything else works as for any factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import select, update

from idp import clock, settings
from idp.accounts import credentials, method_names
from idp.assurance import Level, Proof, Strength
from idp.audit import Event, record
from idp.database import db, insert
from idp.mfa import attestation, key_ceremony, key_challenges
from idp.mfa.factor import Answer, Exhausted, Login, Outcome, Proven, Rejected, Summary, View
from idp.mfa.key_ceremony import Known, NewKey, Said, Unacceptable, Used
from idp.models import Credential, SecurityKey

MOST_KEYS: Final = 10

_NOT_MADE: Final = Rejected("key-not-made", field="", costs_a_try=False)
_KNOWN_ALREADY: Final = Rejected("key-known", field="", costs_a_try=False)
_TOO_MANY: Final = Rejected("key-too-many", field="", costs_a_try=False)
_CANCELLED: Final = Rejected("key-failed", field="", costs_a_try=False)
_REFUSED: Final = Rejected("key-failed", field="")
_SUSPECT: Final = Rejected("key-suspect", field="")


class WebAuthn:
    """A key in the person's own device, or one that is plugged in."""

    kind = "webauthn"
    order = 40
    recommended = True
    phishing_resistant = True
    sends_messages = False
    can_be_named = True

    def available(self) -> bool:
        """Wherever the issuer has a name: browsers make no keys for a bare address."""
        return key_ceremony.rp_id() is not None

    def reaches(self, credentials: Sequence[Credential]) -> Level:
        """*Hoog* with a key of a listed model, which cannot be copied; every other key is *substantieel*."""
        if not settings.current().key_models:
            return Level.SUBSTANTIEEL
        return max(map(_ceiling, _keys(credentials)), default=Level.SUBSTANTIEEL)

    def summary(self, credential: Credential) -> Summary:
        """The key by the name the person gave it."""
        return Summary(
            credential.id,
            self.kind,
            credential.label,
            None,
            credential.confirmed_at,
            credential.last_used_at,
        )

    def prepare(self, login: Login) -> None:
        """Nothing: the page makes its own challenge."""

    def enrolment_view(self, login: Login) -> View:
        """What the browser needs to make a key, and a name to begin with."""
        own = _own(login)
        known = [Known(key.key_id, key.transports) for key in _keys(own)]
        return {
            "suggested": _free_name(f"Passkey {len(own) + 1}", own),
            "longest_name": method_names.LONGEST,
            "options": key_ceremony.options_to_make(
                key_challenges.present(login, key_challenges.ENROLMENT),
                user_handle=bytes.fromhex(user_handle(login.account_id)),
                user_name=login.account_label,
                known=known,
                attested=login.enrolled_at is Level.HOOG and bool(settings.current().key_models),
            ),
        }

    def enrol(self, login: Login, answer: Answer) -> Outcome:
        """The key that the browser made; without one, it failed or was cancelled on the device."""
        own = _own(login)
        if len(own) >= MOST_KEYS:
            return _TOO_MANY
        if (
            answer.text("sleutelfout") == "InvalidStateError"
        ):  # one of `excludeCredentials` answered
            return _KNOWN_ALREADY
        if not (typed := answer.text("sleutel")):
            return _NOT_MADE
        try:
            key = key_ceremony.verified_new(_claimed(login, key_challenges.ENROLMENT, typed))
        except Unacceptable as why:
            _note(login, why)
            return _NOT_MADE
        typed_name = method_names.readable(answer.text("sleutelnaam"))
        name = _free_name(typed_name or f"Passkey {len(own) + 1}", own)
        credential = credentials.begin(login.account_id, self.kind, login.id, "", label=name)
        # Whoever came in with less than *hoog* and no code from a letter could otherwise raise the account to it.
        may_attest = login.in_window or login.proven is Level.HOOG
        if not _store(credential, replace(key, attested=key.attested and may_attest)):
            credentials.forget(credential)
            return _KNOWN_ALREADY
        if not credentials.confirm(credential, replaces_kind=False, reference=login.reference):
            return Exhausted("out-of-turn")
        return Proven(proof_of(_stored(credential), verified=key.user_verified))

    def challenge_view(self, login: Login, own: Sequence[Credential]) -> View:
        """What the browser needs to ask any of the person's keys, and what they are called."""
        keys = _that_do(login, _keys(own))
        asked = {key.credential_id for key in keys}
        known = [Known(key.key_id, key.transports) for key in keys]
        challenge = key_challenges.present(login, key_challenges.STEP)
        return {
            "names": [credential.label for credential in own if credential.id in asked],
            "options": key_ceremony.options_to_use(
                challenge, known=known, verified=login.asked is Level.HOOG
            ),
        }

    def verify(self, login: Login, own: Sequence[Credential], answer: Answer) -> Outcome:
        """The signature of one of the person's keys; without one, it failed or was cancelled on the device."""
        if not (typed := answer.text("sleutel")):
            return _CANCELLED
        try:
            said = _claimed(login, key_challenges.STEP, typed)
            key = _named(own, said, login)
            used = signed_by(key, said)
        except Unacceptable as why:
            _note(login, why)
            return _REFUSED
        if not counted_on(key, used, login.account_id, login.reference):
            return _SUSPECT
        return Proven(proof_of(key, verified=used.user_verified))


def proof_of(key: SecurityKey, *, verified: bool) -> Proof:
    """RFC 8176 section 2: `user` is the test of presence, which always counts; a copyable key is `swk`.

    Who held it counts for *hoog* only when the key made sure of that itself.
    """
    return Proof(
        kind=WebAuthn.kind,
        strength=Strength.POSSESSION,
        at=clock.now(),
        amr=("swk" if key.backup_eligible else "hwk", "user"),
        phishing_resistant=True,
        ceiling=_ceiling(key) if verified else Level.SUBSTANTIEEL,
        credential_id=key.credential_id,
    )


def _ceiling(key: SecurityKey) -> Level:
    """What the key is worth: more than *substantieel* when we know what it is, today still."""
    known = key.attested and not key.backup_eligible and attestation.still_listed(key.aaguid)
    return Level.HOOG if known else Level.SUBSTANTIEEL


def _that_do(login: Login, keys: Sequence[SecurityKey]) -> Sequence[SecurityKey]:
    """The keys to ask: where *hoog* is asked those that reach it, if there are any."""
    if login.asked is not Level.HOOG:
        return keys
    return [key for key in keys if _ceiling(key) is Level.HOOG] or keys


def _claimed(login: Login, purpose: str, typed: str) -> Said:
    """The answer, its challenge spent: whatever becomes of it, it is not looked at again."""
    said = key_ceremony.read(typed)
    if not key_challenges.claim(login, purpose, said.challenge):
        raise Unacceptable("the challenge is unknown here, spent or too old")
    return said


def _named(own: Sequence[Credential], said: Said, login: Login) -> SecurityKey:
    """The person's key that claims to have signed (WebAuthn Level 3 section 7.2, steps 5 and 6)."""
    key = next((key for key in _keys(own) if key.key_id == said.key_id), None)
    if key is None:
        raise Unacceptable("not a key of this account")
    if said.user_handle is not None:
        handle = key_ceremony.as_text(bytes.fromhex(user_handle(login.account_id)))
        if said.user_handle != handle:
            raise Unacceptable("the key belongs to another user handle")
    return key


def _own(login: Login) -> list[Credential]:
    return [each for each in credentials.of_account(login.account_id) if each.kind == WebAuthn.kind]


def _stored(credential: Credential) -> SecurityKey:
    return db.session.scalars(
        select(SecurityKey).where(SecurityKey.credential_id == credential.id)
    ).one()


def _keys(own: Sequence[Credential]) -> list[SecurityKey]:
    """The keys of these credentials, in no order that counts."""
    wanted = [credential.id for credential in own]
    return list(
        db.session.scalars(select(SecurityKey).where(SecurityKey.credential_id.in_(wanted)))
    )


def _store(credential: Credential, key: NewKey) -> bool:
    """Keep what was made; false when any account has a key of this id already. Of two at once, one wins."""
    stored = db.session.execute(
        insert(SecurityKey)
        .values(
            credential_id=credential.id,
            key_id=key.key_id,
            public_key=key.public_key,
            sign_count=key.sign_count,
            transports=key.transports,
            backup_eligible=key.backup_eligible,
            backed_up=key.backed_up,
            aaguid=key.aaguid,
            attested=key.attested,
        )
        .on_conflict_do_nothing(index_elements=[SecurityKey.key_id])
        .returning(SecurityKey.credential_id)
    )
    return stored.scalar_one_or_none() is not None


def signed_by(key: SecurityKey, said: Said) -> Used:
    """What this key signed; `Unacceptable` when it did not, or says now that it is of another kind."""
    used = key_ceremony.verified_use(said, key.public_key)
    if used.backup_eligible != key.backup_eligible:
        raise Unacceptable("the flag for backup eligibility has changed")
    return used


def counted_on(key: SecurityKey, used: Used, account_id: str, reference: str) -> bool:
    """Whether the counter went on; where it did not, the audit trail has it."""
    if _count_on(key, used):
        return True
    record(
        Event.KEY_COUNTER_WENT_BACK,
        succeeded=False,
        account_id=account_id,
        reference=reference,
        credential=key.credential_id,
        reason="the key may have been copied",
    )
    return False


def _count_on(key: SecurityKey, used: Used) -> bool:
    """Move the counter forward by one statement; false when it stood still or went back, unless it never counted."""
    counted = db.session.execute(
        update(SecurityKey)
        .where(
            SecurityKey.credential_id == key.credential_id,
            SecurityKey.sign_count < used.sign_count
            if used.sign_count
            else SecurityKey.sign_count == 0,
        )
        .values(sign_count=used.sign_count, backed_up=used.backed_up)
        .returning(SecurityKey.credential_id)
        .execution_options(synchronize_session=False)
    )
    return counted.scalar_one_or_none() is not None


def _note(login: Login, why: Unacceptable) -> None:
    record(
        Event.KEY_REFUSED,
        succeeded=False,
        account_id=login.account_id,
        reference=login.reference,
        reason=str(why),
    )


def user_handle(account_id: str) -> str:
    """What the person's devices know the account by: the same for all keys, and telling nothing (section 14.6.1)."""
    return settings.current().secret.digest("webauthn user handle", account_id)


def _free_name(wanted: str, own: Sequence[Credential]) -> str:
    return method_names.free(wanted, (credential.label for credential in own))


FACTOR = WebAuthn()
