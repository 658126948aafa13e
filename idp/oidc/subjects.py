"""What a client knows people and relations by: pseudonyms, different per sector (OpenID Connect Core section 8.1).

They derive from the root secret: stable for as long as that is kept, and telling nothing of what they stand for.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from idp import settings
from idp.oidc.registered import RegisteredClient


def of_account(client: RegisteredClient, account_id: str) -> str:
    """`sub` of a person, 43 characters: the same for clients of one sector, or for all that registered `public`."""
    sector = "" if client.subject_type == "public" else client.sector
    return _pseudonym("pairwise subject", sector, account_id)


def of_relation(client: RegisteredClient, relation_id: str) -> str:
    """`represents.sub`: the relation for which the person acts, by the same rules."""
    sector = "" if client.subject_type == "public" else client.sector
    return _pseudonym("pairwise relation", sector, relation_id)


def _pseudonym(purpose: str, sector: str, row_id: str) -> str:
    key = settings.current().secret.derive(purpose)
    mac = hmac.digest(key, f"{sector}|{row_id}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
