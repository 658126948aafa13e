"""Calls to the provider: a time limit, a size limit, no redirects, no proxy of the environment."""

from __future__ import annotations

from typing import Any

import requests

from relying_party_demo.problems import ProviderUnreachable, SignInProblem

TIMEOUT_SECONDS = 5
MAX_BYTES = 256 * 1024


def read_bounded(response: requests.Response) -> requests.Response:
    """Read the body of a streamed response, at most `MAX_BYTES`; raise `SignInProblem` beyond."""
    body = bytearray()
    with response:
        for chunk in response.iter_content(8192):
            body += chunk
            if len(body) > MAX_BYTES:
                raise SignInProblem("provider_misbehaves", why="answer too large")
    response._content = bytes(body)  # what `requests` itself does after reading a body
    return response


def get_json(address: str, verify: str | bool) -> dict[str, Any]:
    """Fetch a JSON object.

    Raises `ProviderUnreachable` when there is no answer or a 5xx, `SignInProblem` otherwise.
    """
    try:
        with requests.Session() as session:
            session.trust_env = False
            response = session.get(
                address,
                headers={"Accept": "application/json"},
                timeout=TIMEOUT_SECONDS,
                verify=verify,
                allow_redirects=False,
                stream=True,
            )
            read_bounded(response)
    except requests.RequestException as problem:
        raise ProviderUnreachable(why=type(problem).__name__) from problem
    if response.status_code >= 500:
        raise ProviderUnreachable(why=f"status {response.status_code}")
    try:
        document = response.json()
    except ValueError:
        document = None
    if response.status_code != 200 or not isinstance(document, dict):
        raise SignInProblem("provider_misbehaves", why=f"no JSON, status {response.status_code}")
    return document
