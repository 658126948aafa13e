"""The signature of Twilio, against examples that Twilio and others published."""

from __future__ import annotations

from typing import Final

import pytest

from idp.reports.twilio_signature import signed
from idp.secret_values import Secret

ADDRESS: Final = "https://mycompany.com/myapp.php?foo=1&bar=2"
TOKEN: Final = Secret("12345")
FIELDS: Final = {"CallSid": "CA1234567890ABCDE", "Digits": "1234", "To": "+18005551212"}
#: The example of Twilio's page on security, and the one that the tests of its libraries use.
PUBLISHED: Final = (
    ("+12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="),
    ("+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
)


def fields_of(caller: str) -> list[tuple[str, str]]:
    return list((FIELDS | {"From": caller, "Caller": caller}).items())


@pytest.mark.parametrize(("caller", "signature"), PUBLISHED)
def test_published_examples_hold(caller: str, signature: str) -> None:
    assert signed(signature, ADDRESS, fields_of(caller), TOKEN)


@pytest.mark.parametrize(("caller", "signature"), PUBLISHED)
def test_another_token_address_field_or_signature_does_not(caller: str, signature: str) -> None:
    fields = fields_of(caller)
    assert not signed(signature, ADDRESS, fields, Secret("12346"))
    assert not signed(signature, ADDRESS + "&baz=3", fields, TOKEN)
    assert not signed(signature, ADDRESS.replace("https", "http"), fields, TOKEN)
    assert not signed(signature, ADDRESS, [*fields, ("Digits2", "1")], TOKEN)
    assert not signed(signature, ADDRESS, fields[1:], TOKEN)
    assert not signed(signature, ADDRESS, [("Digits", "1235"), *fields[2:]], TOKEN)
    assert not signed(signature.lower(), ADDRESS, fields, TOKEN)
    assert not signed("", ADDRESS, fields, TOKEN)
    assert not signed("é", ADDRESS, fields, TOKEN)


def test_the_usual_port_may_stand_in_the_address_or_not() -> None:
    """Twilio writes it either way, and its own libraries accept both."""
    caller, signature = PUBLISHED[1]
    with_port = ADDRESS.replace("mycompany.com", "mycompany.com:443")
    assert signed(signature, with_port, fields_of(caller), TOKEN)
    assert not signed(
        signature,
        ADDRESS.replace("mycompany.com", "mycompany.com.evil.example"),
        fields_of(caller),
        TOKEN,
    )
