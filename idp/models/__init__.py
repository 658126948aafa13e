"""Tables and their invariants. Knows neither Flask nor Authlib; secrets lie here as digests or sealed.

May import `database`, `secret_values`, `clock` and `assurance`, nothing else of the house.
"""

from idp.models.access import Application, ApplicationGrant, ApplicationSteward, Consent
from idp.models.activation import ActivationCode, RecoveryCode
from idp.models.audit import (
    ALARM,
    AuditCheckpoint,
    AuditEvent,
    AuditMark,
    AuditSeal,
    AuditStream,
    names_application,
)
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
from idp.models.letters import Letter, LetterBatch
from idp.models.mailed import MailedSecret
from idp.models.messages import OutboxMessage, OutgoingMessage
from idp.models.people import Account, Credential, Passcode, Relation
from idp.models.search import SearchWord, words_of
from idp.models.servicedesk import DeskRequest, DeskSupply
from idp.models.signing_in import DeskEntry, LoginTransaction, Session, SessionClient
from idp.models.throttle import ThrottleCounter

__all__ = [
    "ALARM",
    "AccessToken",
    "Account",
    "ActivationCode",
    "Application",
    "ApplicationGrant",
    "ApplicationSteward",
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
    "DeskEntry",
    "DeskRequest",
    "DeskSupply",
    "KeyChallenge",
    "Letter",
    "LetterBatch",
    "LoginTransaction",
    "MailedSecret",
    "OutboxMessage",
    "OutgoingMessage",
    "Passcode",
    "PushedRequest",
    "RecoveryCode",
    "RefreshToken",
    "RegistrationToken",
    "Relation",
    "SearchWord",
    "SecurityKey",
    "Session",
    "SessionClient",
    "SpentAssertion",
    "ThrottleCounter",
    "names_application",
    "words_of",
]
