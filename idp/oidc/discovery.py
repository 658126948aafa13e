"""What others may read of us: the metadata, computed from the enabled profiles, and the public keys."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable
from http import HTTPStatus
from typing import Any, Final

import orjson
from flask import Response, current_app, request

from idp import keyring, settings
from idp.mfa import catalogue
from idp.oidc import acr, claims, profiles
from idp.oidc.profiles import Profile
from idp.settings import Settings

#: NL GOV recommends a week; a new key is published eight days before it signs.
KEPT_BY_OTHERS: Final = "public, max-age=604800"


def metadata() -> Response:
    """OpenID Connect Discovery section 4 and RFC 8414 section 3: the same document at both addresses."""
    signs = keyring.current().signs()
    kept: dict[tuple[str, ...], bytes] = current_app.extensions.setdefault("idp-metadata", {})
    if (body := kept.get(signs)) is None:
        members = document(
            settings.current(),
            resists_phishing=catalogue.phishing_can_be_resisted(),
            signs=signs,
        )
        body = kept[signs] = orjson.dumps(members)
    return _published(body)


def jwks() -> Response:
    """RFC 7517 section 5: the keys to come, those at work, and those just followed."""
    return _published(orjson.dumps(keyring.current().jwks()))


def document(
    settings: Settings, *, resists_phishing: bool, signs: Collection[str]
) -> dict[str, Any]:
    """The metadata of a deployment: promises what works and nothing else.

    `resists_phishing` says whether somebody can reach `phr`, `signs` for which algorithms there is a key.
    """
    offered = profiles.enabled(settings)
    issuer = settings.issuer
    signing = [alg for alg in _all(offered, lambda profile: profile.signing_algs) if alg in signs]
    wrapping = _all(offered, lambda profile: profile.encryption_algs)
    encrypting = _all(offered, lambda profile: profile.encryption_encs)
    members: dict[str, Any] = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth2/authorize",
        "pushed_authorization_request_endpoint": f"{issuer}/oauth2/par",
        "token_endpoint": f"{issuer}/oauth2/token",
        "userinfo_endpoint": f"{issuer}/oauth2/userinfo",
        "revocation_endpoint": f"{issuer}/oauth2/revoke",
        "introspection_endpoint": f"{issuer}/oauth2/introspect",
        "end_session_endpoint": f"{issuer}/oauth2/logout",
        "jwks_uri": f"{issuer}/oauth2/jwks",
        "scopes_supported": _all(offered, lambda profile: profile.scopes),
        "response_types_supported": ["code"],
        "response_modes_supported": _all(offered, lambda profile: profile.response_modes),
        "grant_types_supported": _all(offered, lambda profile: profile.stated_grant_types),
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": _all(offered, lambda profile: profile.subject_types),
        "id_token_signing_alg_values_supported": signing,
        "id_token_encryption_alg_values_supported": wrapping,
        "id_token_encryption_enc_values_supported": encrypting,
        "userinfo_signing_alg_values_supported": signing,
        "userinfo_encryption_alg_values_supported": wrapping,
        "userinfo_encryption_enc_values_supported": encrypting,
        "token_endpoint_auth_methods_supported": _all(
            offered, lambda profile: profile.auth_methods
        ),
        "token_endpoint_auth_signing_alg_values_supported": _all(
            offered, lambda profile: profile.assertion_algs
        ),
        "revocation_endpoint_auth_methods_supported": _all(offered, revocation_methods),
        "revocation_endpoint_auth_signing_alg_values_supported": _all(
            offered, lambda profile: profile.assertion_algs
        ),
        "introspection_endpoint_auth_methods_supported": _all(offered, confidential_methods),
        "introspection_endpoint_auth_signing_alg_values_supported": _all(
            offered, lambda profile: profile.assertion_algs
        ),
        "acr_values_supported": list(acr.values(settings, resists_phishing=resists_phishing)),
        "claims_supported": [
            *claims.PROTOCOL,
            *_all(offered, lambda profile: profile.further_claims),
            *claims.ON_REQUEST,
        ],
        "display_values_supported": ["page"],
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": _all(
            offered, lambda profile: profile.assertion_algs
        ),
        "request_object_encryption_alg_values_supported": list(keyring.ENCRYPTION),
        "request_object_encryption_enc_values_supported": list(keyring.CONTENT_ENCRYPTION),
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        "require_pushed_authorization_requests": all(profile.pushes_always for profile in offered),
        "authorization_response_iss_parameter_supported": True,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": ["nl", "en"],
    }
    if settings.dynamic_registration:
        members["registration_endpoint"] = f"{issuer}/oauth2/register"
    if kinds := _all(offered, lambda profile: profile.sub_id_types):
        members["sub_id_types_supported"] = kinds
    return members


def confidential_methods(profile: Profile) -> tuple[str, ...]:
    """A profile's ways of client authentication that prove something."""
    return tuple(method for method in profile.auth_methods if method != "none")


def revocation_methods(profile: Profile) -> tuple[str, ...]:
    """And those with which a token can be given back."""
    return profile.auth_methods if profile.public_may_revoke else confidential_methods(profile)


def _all(offered: Iterable[Profile], member: Callable[[Profile], tuple[str, ...]]) -> list[str]:
    """Every value that one of the profiles has, once, in their order."""
    return list(dict.fromkeys(value for profile in offered for value in member(profile)))


def _published(body: bytes) -> Response:
    response = Response(
        body, mimetype="application/json", headers={"Cache-Control": KEPT_BY_OTHERS}
    )
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.status_code = HTTPStatus.OK
    response.make_conditional(request)
    return response
