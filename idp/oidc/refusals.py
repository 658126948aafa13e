"""Refusals of the protocol that a client hears. What a person sees is `idp.errors.RefusedOnOurPage`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final, NoReturn

from idp.audit import Event, record
from idp.errors import Refusal
from idp.secret_values import new_reference


class Code(StrEnum):
    """The error codes we use, spelled as on the wire."""

    # RFC 6749 sections 4.1.2.1 and 5.2
    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_GRANT = "invalid_grant"
    UNAUTHORIZED_CLIENT = "unauthorized_client"
    INVALID_SCOPE = "invalid_scope"
    ACCESS_DENIED = "access_denied"
    UNSUPPORTED_RESPONSE_TYPE = "unsupported_response_type"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    SERVER_ERROR = "server_error"
    # RFC 8707 section 2
    INVALID_TARGET = "invalid_target"
    # OpenID Connect Core section 3.1.2.6, and Unmet Authentication Requirements 1.0
    CONSENT_REQUIRED = "consent_required"
    LOGIN_REQUIRED = "login_required"
    REQUEST_NOT_SUPPORTED = "request_not_supported"
    INVALID_REQUEST_URI = "invalid_request_uri"
    INVALID_REQUEST_OBJECT = "invalid_request_object"
    REGISTRATION_NOT_SUPPORTED = "registration_not_supported"
    UNMET_AUTHENTICATION_REQUIREMENTS = "unmet_authentication_requirements"
    # RFC 7591 section 3.2.2
    INVALID_REDIRECT_URI = "invalid_redirect_uri"
    INVALID_CLIENT_METADATA = "invalid_client_metadata"
    # RFC 6750 section 3.1
    INVALID_TOKEN = "invalid_token"


#: What a client reads where nothing more is told: enough for its log, nothing about the person that it may not know.
_USUALLY: Final[Mapping[Code, str]] = {
    Code.ACCESS_DENIED: "the person may not use this application",
    Code.CONSENT_REQUIRED: "the person has to agree first",
    Code.LOGIN_REQUIRED: "the person has to sign in first",
    Code.UNMET_AUTHENTICATION_REQUIREMENTS: "the person cannot reach the level that is asked",
}


class RefusedToClient(Refusal):
    """Goes to the client: over its verified redirect_uri with `state` and `iss`, or as the answer of an endpoint.

    `says` is a fixed sentence for whoever builds the client, never anything that was sent to us; plain ASCII without
    quotes, because RFC 6749 section 4.1.2.1 allows no more. `status` counts where there is no redirect.
    """

    def __init__(
        self,
        code: Code,
        why: str,
        *,
        says: str | None = None,
        status: HTTPStatus = HTTPStatus.BAD_REQUEST,
        retry_after: int | None = None,
        reference: str | None = None,
    ) -> None:
        super().__init__(why)
        self.code = code
        self.says = says or _USUALLY.get(code)
        self.status = status
        self.retry_after = retry_after
        """Seconds."""
        self.reference = reference
        """The reference code under which it was written down already; `None` where the endpoint still has to."""

    def description(self, reference: str | None) -> str | None:
        """`error_description`: what the client may read, and the code with which its builder can ask us why."""
        told = [self.says, f"(kenmerk {reference})" if reference else None]
        return " ".join(filter(None, told)) or None


def refuse(
    code: Code,
    why: str,
    *,
    says: str | None = None,
    status: HTTPStatus = HTTPStatus.BAD_REQUEST,
    reference: str | None = None,
    event: Event = Event.TOKEN_REFUSED,
    **facts: Any,
) -> NoReturn:
    """Write down why a client's own request is refused, and refuse it.

    Under the reference of the sign-in that it is about, else under a new one; `facts` are those of `record`.
    """
    reference = reference or new_reference()
    record(event, succeeded=False, actor="client", reference=reference, reason=why, **facts)
    raise RefusedToClient(code, why, says=says, status=status, reference=reference)
