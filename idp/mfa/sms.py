"""The text message: a passcode to the person's one mobile number for texts."""

from __future__ import annotations

from idp.messaging.addresses import mobile_number
from idp.messaging.texts import passcode_text
from idp.mfa import voice
from idp.mfa.by_telephone import ByTelephone

FACTOR = ByTelephone(
    kind="sms",
    order=20,
    amr=("sms", "otp"),
    number=mobile_number,
    wording=passcode_text,
    instead=voice.FACTOR,  # a landline cannot be texted, but it rings
)
