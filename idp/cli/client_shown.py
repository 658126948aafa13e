"""A client's registration as commands show it; of secrets only how many there are."""

from __future__ import annotations

from typing import Any

from idp.assurance import Assurance
from idp.models import Client


def in_full(row: Client) -> dict[str, Any]:
    """Everything that `idp client show` shows, under the names that `--json` has."""
    return {
        "client_id": row.client_id,
        "name": row.name,
        "profile": row.profile,
        "auth_method": row.auth_method,
        "grant_types": row.grant_types,
        "access_token_format": row.access_token_format,
        "audiences": row.audiences,
        "resource": row.resource,
        "application_id": row.application_id,
        "level": Assurance.numbered(row.level).label,
        "redirect_uris": row.redirect_uris,
        "post_logout_redirect_uris": row.post_logout_redirect_uris,
        "form_action_origins": row.form_action_origins,
        "initiate_login_uri": row.initiate_login_uri,
        "scopes": row.scopes,
        "sector": row.sector,
        "subject_type": row.subject_type,
        "id_token_alg": row.id_token_alg,
        "id_token_claims": row.id_token_claims,
        "id_token_encrypted_response_alg": row.id_token_encrypted_response_alg,
        "id_token_encrypted_response_enc": row.id_token_encrypted_response_enc,
        "userinfo_signed_response_alg": row.userinfo_signed_response_alg,
        "userinfo_encrypted_response_alg": row.userinfo_encrypted_response_alg,
        "userinfo_encrypted_response_enc": row.userinfo_encrypted_response_enc,
        "keys": [key.get("kid") or key.get("kty") for key in (row.jwks or {}).get("keys", [])],
        "jwks_uri": row.jwks_uri,
        "request_uris": row.request_uris,
        "request_object_signing_alg": row.request_object_signing_alg,
        "require_signed_request_object": row.require_signed_request_object,
        "application_type": row.application_type,
        "sector_identifier_uri": row.sector_identifier_uri,
        "described": row.described,
        "registration_token": row.registration_token_id,
        "secrets": len(row.secrets),
        "is_test": row.is_test,
        "require_pushed_authorization_requests": row.require_pushed_authorization_requests,
        "is_third_party": row.is_third_party,
        "represents": row.represents,
        "created_at": row.created_at,
    }
