"""A passkey on the sign-in page: it says itself whose it is, and has to make sure who holds it.

No page names a key or an account beforehand; the challenge is for a login and for nobody yet. Signature, flags, counter
and user handle are looked at as for a second step, and user verification and the handle are required.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from idp.accounts import credentials
from idp.assurance import Proof, passkey_proofs
from idp.database import db
from idp.mfa import key_ceremony, key_challenges, webauthn
from idp.mfa.key_ceremony import Said, Unacceptable
from idp.models import Account, Credential, SecurityKey

_NOBODY: Final = ""


@dataclass(frozen=True, slots=True)
class _Asker:
    """A login that does not know yet who comes."""

    id: str
    account_id: str = _NOBODY


@dataclass(frozen=True, slots=True)
class Claimed:
    """An answer, its challenge spent, and the key and account that it names; nothing in it is verified yet."""

    said: Said
    key: SecurityKey
    account: Account


def options(login_id: str) -> str:
    """JSON for `navigator.credentials.get()`, without any key in it; commits, as the challenge must be known."""
    challenge = key_challenges.present(_Asker(login_id), key_challenges.SIGN_IN)
    return key_ceremony.options_to_use(challenge, known=(), verified=True)


def claim(login_id: str, typed: str) -> Said:
    """Spend the challenge that is answered, by one statement; `Unacceptable` when it was not this login's to answer."""
    said = key_ceremony.read(typed)
    if not key_challenges.claim(_Asker(login_id), key_challenges.SIGN_IN, said.challenge):
        raise Unacceptable("the challenge is unknown here, spent or too old")
    return said


def named(said: Said) -> Claimed | None:
    """The key and the account that an answer names; `None` when we know no such key."""
    row = db.session.execute(
        select(SecurityKey, Account)
        .join(Credential, Credential.id == SecurityKey.credential_id)
        .join(Account, Account.id == Credential.account_id)
        .where(SecurityKey.key_id == said.key_id, Credential.confirmed_at.is_not(None))
    ).one_or_none()
    return None if row is None else Claimed(said, row[0], row[1])


def verified(claimed: Claimed, reference: str) -> tuple[Proof, Proof]:
    """Both proofs that it gives, or `Unacceptable`; moves the counter on (WebAuthn Level 3 section 7.2)."""
    said, key, account = claimed.said, claimed.key, claimed.account
    handle = bytes.fromhex(webauthn.user_handle(account.id))
    if said.user_handle != key_ceremony.as_text(handle):
        raise Unacceptable("no user handle, or another one than the key's")
    used = webauthn.signed_by(key, said)
    if not used.user_verified:
        raise Unacceptable("the key did not make sure who held it")
    if not webauthn.counted_on(key, used, account.id, reference):
        raise Unacceptable("the counter of the key stood still or went back")
    credentials.mark_used(key.credential_id)
    return passkey_proofs(webauthn.proof_of(key, verified=True))
