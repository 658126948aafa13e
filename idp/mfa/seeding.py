"""Ready-made credentials for the demo and the tests, made by the same rows that people make."""

from __future__ import annotations

from idp.accounts import credentials
from idp.messaging.addresses import fixed_or_mobile_number, mobile_number
from idp.models import Account, Credential
from idp.secret_values import new_id


def add_totp(account: Account, secret: str, *, label: str = "") -> Credential:
    """Give an account an authenticator app with a known Base32 secret."""
    return _add(account, "totp", secret, label)


def add_sms(account: Account, number: str) -> Credential:
    """Give an account a mobile number for texts."""
    return _add(account, "sms", mobile_number(number).e164, "")


def add_voice(account: Account, number: str) -> Credential:
    """Give an account a fixed or mobile number for calls."""
    return _add(account, "voice", fixed_or_mobile_number(number).e164, "")


def _add(account: Account, kind: str, secret: str, label: str) -> Credential:
    credential = credentials.begin(account.id, kind, new_id(), secret, label=label)
    credentials.confirm(credential, replaces_kind=False, actor="system")
    return credential
