"""The keys we sign with: the ring that knows whose turn it is, where the keys lie, and the operator's verbs.

Imports `audit` and what everybody may import; never Flask's request, never `oidc`.
"""

from idp.keyring.ring import KeyLine, NoActiveKey, Ring, Unverifiable, current
from idp.keyring.rotate import export_jwks, listing, retire, rotate
from idp.keyring.source import ALGORITHMS

__all__ = [
    "ALGORITHMS",
    "KeyLine",
    "NoActiveKey",
    "Ring",
    "Unverifiable",
    "current",
    "export_jwks",
    "listing",
    "retire",
    "rotate",
]
