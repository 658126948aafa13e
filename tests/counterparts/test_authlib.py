"""Authlib's client is a counterpart too: the application of the demo, which tests/browser and tests/cli sign in to."""

from __future__ import annotations

from authlib.integrations.flask_client import FlaskOAuth2App
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken

from relying_party_demo.client import ApplicationClient
from relying_party_demo.id_token import VerifiedIDToken


def test_the_application_of_the_demo_is_authlibs_client_and_trusts_no_more_than_it_does() -> None:
    assert issubclass(ApplicationClient, FlaskOAuth2App)
    assert issubclass(ApplicationClient.client_cls, OAuth2Session)
    assert issubclass(VerifiedIDToken, CodeIDToken)
