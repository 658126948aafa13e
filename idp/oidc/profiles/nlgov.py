"""`nlgov`: the NL GOV Assurance profile for OpenID Connect 1.0.1, over the one for OAuth 2.0."""

from __future__ import annotations

from typing import Any, Final

from idp.oidc.profiles.policy import IdTokenFacts, Profile
from idp.secret_values import random_token

#: What kind of identifier our subjects are: a pseudonym, different for every sector.
PSEUDONYM: Final = "urn:nl-eid-gdi:1.0:id:pseudonym"


def represents(facts: IdTokenFacts) -> dict[str, Any]:
    """The claims that the profile demands on top, among them the relation for which the person acts.

    A client goes without that one only when its registration says that representation was agreed not to apply.
    """
    told = {"jti": random_token(), "nbf": facts.now, "sub_id_type": PSEUDONYM}
    if facts.relation_subject is None:
        return told
    relation = {"sub": facts.relation_subject, "iss": facts.issuer, "sub_id_type": PSEUDONYM}
    return {**told, "represents": relation}


PROFILE = Profile(
    name="nlgov",
    auth_methods=("private_key_jwt", "none"),
    assertion_algs=("RS256", "PS256", "ES256", "EdDSA", "Ed25519"),
    assertion_needs_iat=True,
    signing_algs=("RS256", "PS256"),
    encryption_algs=("RSA-OAEP-256", "RSA-OAEP"),
    encryption_encs=("A256GCM",),
    grant_types=("authorization_code", "refresh_token", "client_credentials"),
    stated_grant_types=("authorization_code",),  # the profile's metadata may name no other
    access_token_formats=("jwt",),
    public_may_revoke=False,
    subject_types=("pairwise",),
    response_modes=("query", "form_post"),
    scopes=("openid", "profile", "email", "address", "phone", "applicaties"),
    default_scopes=(
        "openid",
        "applicaties",
    ),  # person data through the `claims` parameter, or by explicit registration
    claims_by_registered_scope=("applicaties",),
    needs_state=True,
    needs_nonce=True,
    shortest_random=22,  # fewer cannot carry 128 bits
    tests_may_leave_out_pkce=False,
    tests_may_use_localhost=False,
    acr_is_binding=True,
    sub_id_types=(PSEUDONYM,),
    further_claims=("jti", "nbf", "sub_id_type", "represents"),
    further=represents,
)
