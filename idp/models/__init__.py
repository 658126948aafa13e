"""Tables and their invariants. Knows neither Flask nor Authlib; secrets lie here as digests or sealed.

May import `database`, `secret_values`, `clock` and `assurance`, nothing else of the house.
"""

from idp.models.access import Application, ApplicationGrant, Consent
from idp.models.activation import ActivationCode
from idp.models.audit import AuditCheckpoint, AuditEvent, AuditMark, AuditSeal, AuditStream
from idp.models.clients import (
    AccessToken,
    AuthorizationCode,
    AuthorizationRequest,
    Client,
    PushedRequest,
    RefreshToken,
    RegistrationToken,
    SpentAssertion,
)
from idp.models.deliveries import Delivery
from idp.models.keys import KeyChallenge, SecurityKey
from idp.models.messages import OutboxMessage, OutgoingMessage
from idp.models.people import Account, Credential, Passcode, Relation
from idp.models.signing_in import LoginTransaction, Session, SessionClient
from idp.models.throttle import ThrottleCounter

__all__ = [
    "AccessToken",
    "Account",
    "ActivationCode",
    "Application",
    "ApplicationGrant",
    "AuditCheckpoint",
    "AuditEvent",
    "AuditMark",
    "AuditSeal",
    "AuditStream",
    "AuthorizationCode",
    "AuthorizationRequest",
    "Client",
    "Consent",
    "Credential",
    "Delivery",
    "KeyChallenge",
    "LoginTransaction",
    "OutboxMessage",
    "OutgoingMessage",
    "Passcode",
    "PushedRequest",
    "RefreshToken",
    "RegistrationToken",
    "Relation",
    "SecurityKey",
    "Session",
    "SessionClient",
    "SpentAssertion",
    "ThrottleCounter",
]
