"""The keys we sign with and others encrypt to: the ring that knows whose turn it is, where they lie, and the verbs.

Imports `audit` and what everybody may import; never Flask's request, never `oidc`.
"""

from idp.keyring.ring import KeyLine, NoActiveKey, Ring, Unopenable, Unverifiable, current
from idp.keyring.rotate import export_jwks, listing, overdue, retire, rotate, rotate_due
from idp.keyring.source import ALGORITHMS, ALWAYS_NEEDED, CONTENT_ENCRYPTION, ENCRYPTION, SIGNING

__all__ = [
    "ALGORITHMS",
    "ALWAYS_NEEDED",
    "CONTENT_ENCRYPTION",
    "ENCRYPTION",
    "SIGNING",
    "KeyLine",
    "NoActiveKey",
    "Ring",
    "Unopenable",
    "Unverifiable",
    "current",
    "export_jwks",
    "listing",
    "overdue",
    "retire",
    "rotate",
    "rotate_due",
]
