"""The checks of an authorization request, in the order in which they are made; each is one rule of one document."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, NoReturn

from idp.errors import RefusedOnOurPage
from idp.keyring import Unverifiable
from idp.oidc import resources
from idp.oidc.asked import Asked
from idp.oidc.refusals import Code, RefusedToClient

Check = Callable[[Asked], None]

#: What RFC 7636 section 4.2 makes of SHA-256.
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_SECONDS: Final = re.compile(r"[0-9]{1,9}")
_PROMPTS: Final = frozenset({"none", "login", "consent", "select_account"})
#: Characters; more than this is nobody's state, and room must be left in an address.
LONGEST: Final = {
    "state": 2048,
    "nonce": 2048,
    "scope": 500,
    "acr_values": 1000,
    "id_token_hint": 16 * 1024,
    "claims": 8 * 1024,
    "login_hint": 8 * 1024,
    "ui_locales": 1000,
    "claims_locales": 1000,
    "resource": 4096,
    "prompt": 100,
}


def client_is_known(asked: Asked) -> None:
    """RFC 6749 section 3.1.2.4: an unknown client is told nothing by redirect."""
    if "client_id" in asked.parameters.repeated:
        _on_our_page("client_id", "client_id is there more than once")
    if asked.parameters.get("client_id") is None:
        _on_our_page("client_id", "client_id is missing")
    if asked.found is None:
        _on_our_page("client_id", "no such client, or its profile is not offered here")


def redirect_uri_is_registered(asked: Asked) -> None:
    """RFC 9700 section 2.1: compared character by character, never completed, never a default."""
    if "redirect_uri" in asked.parameters.repeated:
        _on_our_page("redirect_uri", "redirect_uri is there more than once")
    address = asked.parameters.get("redirect_uri")
    if address is None:
        _on_our_page("redirect_uri", "redirect_uri is missing")
    if not asked.client.returns_to(address):
        _on_our_page("redirect_uri", "this redirect_uri is not registered for the client")


def form_can_be_refused(asked: Asked) -> None:
    """RFC 9101 section 6 and RFC 9126 section 4: what cannot be had is refused here, where nowhere else is safe."""
    if isinstance(asked.wrong, RefusedOnOurPage):
        raise asked.wrong
    beside = asked.parameters.get("redirect_uri")
    if asked.wrong is not None and not (beside and asked.client.returns_to(beside)):
        raise RefusedOnOurPage(
            "client-request",
            HTTPStatus.BAD_REQUEST,
            asked.wrong.why,
            detail_code="request",
            here="/",
        )


def form_was_read(asked: Asked) -> None:
    """RFC 9101 section 6.2: an object that does not hold is an error, never a request without it."""
    if asked.wrong is not None:
        raise asked.wrong


def it_was_pushed_where_it_must(asked: Asked) -> None:
    """RFC 9126 section 5 and 6: by the client's registration or its profile."""
    if asked.client.must_push and asked.pushed is None:
        _to_client(Code.INVALID_REQUEST, "this client must push its requests")


def no_parameter_is_repeated(asked: Asked) -> None:
    """RFC 6749 section 3.1."""
    if asked.parameters.repeated:
        _to_client(Code.INVALID_REQUEST, "a parameter is there more than once")


def every_parameter_is_readable(asked: Asked) -> None:
    """No control characters, no absurd length."""
    if asked.parameters.unreadable():
        _to_client(Code.INVALID_REQUEST, "a parameter holds control characters")
    if any(len(asked.parameters.sent.get(name, "")) > most for name, most in LONGEST.items()):
        _to_client(Code.INVALID_REQUEST, "a parameter is too long")


def nothing_unsupported_is_sent(asked: Asked) -> None:
    """OpenID Connect Core section 3.1.2.6: what we do not support must not be ignored."""
    if asked.parameters.get("registration") is not None:
        _to_client(Code.REGISTRATION_NOT_SUPPORTED, "registration is not supported")


def response_type_is_code(asked: Asked) -> None:
    """RFC 6749 section 4.1.1; nothing else exists here."""
    response_type = asked.parameters.get("response_type")
    if response_type is None:
        _to_client(Code.INVALID_REQUEST, "response_type is missing")
    if response_type != "code":
        _to_client(Code.UNSUPPORTED_RESPONSE_TYPE, "response_type can only be code")


def response_mode_is_offered(asked: Asked) -> None:
    """OAuth 2.0 Multiple Response Types section 2.1; a code never goes into a fragment."""
    mode = asked.parameters.get("response_mode")
    if mode is not None and mode not in asked.client.profile.response_modes:
        _to_client(Code.INVALID_REQUEST, "response_mode can only be query or form_post")


def scope_has_openid(asked: Asked) -> None:
    """OpenID Connect Core section 3.1.2.1."""
    if "openid" not in asked.parameters.words("scope"):
        _to_client(Code.INVALID_REQUEST, "scope must hold openid")


def scopes_are_registered(asked: Asked) -> None:
    """NL GOV OAuth: a scope outside the client's allowance is refused, never silently dropped or widened."""
    if not asked.client.scopes.issuperset(asked.scope):
        _to_client(Code.INVALID_SCOPE, "a scope is not registered for this client")


def resources_are_registered(asked: Asked) -> None:
    """RFC 8707 section 2: tokens for the APIs that the client registered, and for no other."""
    if not resources.are_registered(asked.client, asked.resources):
        _to_client(Code.INVALID_TARGET, resources.UNREGISTERED)


def challenge_is_s256(asked: Asked) -> None:
    """RFC 7636 section 4.3 and RFC 9700 section 2.1.1: for confidential clients too, and never `plain`."""
    challenge, method = (
        asked.parameters.get("code_challenge"),
        asked.parameters.get("code_challenge_method"),
    )
    if challenge is None and method is None:
        client = asked.client
        if client.is_test and not client.is_public and client.profile.tests_may_leave_out_pkce:
            return
        _to_client(Code.INVALID_REQUEST, "code_challenge is missing")
    if method != "S256":
        _to_client(Code.INVALID_REQUEST, "code_challenge_method must be S256")
    if challenge is None or not _CHALLENGE.fullmatch(challenge):
        _to_client(
            Code.INVALID_REQUEST, "code_challenge must be the S256 of a verifier, 43 characters"
        )


def state_and_nonce_suffice(asked: Asked) -> None:
    """NL GOV OpenID Connect: both, and long enough to be unguessable; elsewhere as the client likes."""
    policy = asked.client.profile
    for name, needed in (("state", policy.needs_state), ("nonce", policy.needs_nonce)):
        value = asked.parameters.get(name)
        if needed and value is None:
            _to_client(Code.INVALID_REQUEST, f"{name} is missing")
        if value is not None and len(value) < policy.shortest_random:
            _to_client(
                Code.INVALID_REQUEST,
                f"{name} must have {policy.shortest_random} characters at least",
            )


def prompt_is_coherent(asked: Asked) -> None:
    """OpenID Connect Core section 3.1.2.1: `none` stands alone."""
    if asked.prompts - _PROMPTS:
        _to_client(Code.INVALID_REQUEST, "prompt can be none, login, consent or select_account")
    if asked.silent and len(asked.prompts) > 1:
        _to_client(Code.INVALID_REQUEST, "prompt none stands alone")


def max_age_is_a_number(asked: Asked) -> None:
    """OpenID Connect Core section 3.1.2.1: whole seconds."""
    max_age = asked.parameters.get("max_age")
    if max_age is not None and not (max_age.isascii() and _SECONDS.fullmatch(max_age)):
        _to_client(Code.INVALID_REQUEST, "max_age must be a number of seconds")


def claims_can_be_read(asked: Asked) -> None:
    """OpenID Connect Core section 5.5."""
    try:
        _ = asked.claims
    except ValueError:
        _to_client(
            Code.INVALID_REQUEST,
            "claims must be a JSON object as OpenID Connect Core section 5.5 has it",
        )


def hint_is_ours(asked: Asked) -> None:
    """OpenID Connect Core section 3.1.2.1: an ID Token that we issued to this client, of whatever age."""
    try:
        _ = asked.hint
    except Unverifiable:
        _to_client(Code.INVALID_REQUEST, "id_token_hint is not an ID Token of ours for this client")


def level_can_be_reached(asked: Asked) -> None:
    """OpenID Connect Core section 5.5.1.1; NL GOV: never a lower level than was asked for."""
    if asked.acr_is_binding and not asked.known_acr:
        _to_client(
            Code.UNMET_AUTHENTICATION_REQUIREMENTS,
            "none of the requested acr values can be reached here",
        )


#: Until these hold we do not know where it is safe to send anybody: answer on our own page.
BEFORE_THE_RETURN_ADDRESS_IS_TRUSTED: Final[tuple[Check, ...]] = (
    client_is_known,
    form_can_be_refused,
    redirect_uri_is_registered,
)
#: From here on, refusals travel to the client over its verified redirect_uri.
ONCE_THE_RETURN_ADDRESS_IS_TRUSTED: Final[tuple[Check, ...]] = (
    form_was_read,
    it_was_pushed_where_it_must,
    no_parameter_is_repeated,
    every_parameter_is_readable,
    nothing_unsupported_is_sent,
    response_type_is_code,
    response_mode_is_offered,
    scope_has_openid,
    scopes_are_registered,
    resources_are_registered,
    challenge_is_s256,
    state_and_nonce_suffice,
    prompt_is_coherent,
    max_age_is_a_number,
    claims_can_be_read,
    hint_is_ours,
    level_can_be_reached,
)
#: For a request that a client pushes itself: nobody is redirected, so everything is told to it.
WHEN_PUSHED: Final[tuple[Check, ...]] = (
    form_was_read,
    client_is_known,
    redirect_uri_is_registered,
    *ONCE_THE_RETURN_ADDRESS_IS_TRUSTED,
)


def _on_our_page(parameter: str, why: str) -> NoReturn:
    # `here` keeps the language switch from repeating the address that was sent
    raise RefusedOnOurPage(
        "client-request", HTTPStatus.BAD_REQUEST, why, detail_code=parameter, here="/"
    )


def _to_client(code: Code, why: str) -> NoReturn:
    """These reasons are fixed sentences, so the client may read them too."""
    raise RefusedToClient(code, why, says=why)
