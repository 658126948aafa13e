"""`basic`: OpenID Connect as widely used libraries speak it; passes the Basic OP certification."""

from __future__ import annotations

from idp.oidc.profiles.policy import Profile

PROFILE = Profile(
    name="basic",
    auth_methods=("client_secret_basic", "client_secret_post", "private_key_jwt", "none"),
    assertion_algs=("RS256", "PS256", "ES256", "EdDSA", "Ed25519"),
    assertion_needs_iat=False,
    signing_algs=("RS256", "PS256", "ES256", "Ed25519", "EdDSA"),
    encryption_algs=("RSA-OAEP-256", "RSA-OAEP", "ECDH-ES", "ECDH-ES+A256KW"),
    encryption_encs=("A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"),
    grant_types=("authorization_code", "refresh_token", "client_credentials"),
    stated_grant_types=("authorization_code", "refresh_token", "client_credentials"),
    access_token_formats=("opaque", "jwt"),
    public_may_revoke=True,
    subject_types=("pairwise", "public"),
    response_modes=("query", "form_post"),
    scopes=("openid", "profile", "email", "address", "phone", "applicaties"),
    default_scopes=("openid", "profile", "email"),
    claims_by_registered_scope=("profile", "email", "address", "phone", "applicaties"),
    needs_state=False,
    needs_nonce=False,
    shortest_random=0,
    tests_may_leave_out_pkce=True,  # the certification sends requests without
    tests_may_use_localhost=True,
    acr_is_binding=False,  # OpenID Connect Core section 5.5.1.1
)
