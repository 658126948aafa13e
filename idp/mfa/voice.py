"""The telephone call: a voice reads a passcode out to the person's one number for calls, fixed or mobile."""

from __future__ import annotations

from idp.messaging.addresses import fixed_or_mobile_number
from idp.messaging.texts import passcode_call
from idp.mfa.by_telephone import ByTelephone

FACTOR = ByTelephone(
    kind="voice",
    order=30,
    amr=("tel", "otp"),
    number=fixed_or_mobile_number,
    wording=passcode_call,
)
