"""What a gateway carries, and what it says when it did not take it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idp.messaging.addresses import PhoneNumber
from idp.messaging.texts import Said
from idp.secret_values import Secret


class NotSent(Exception):
    """The gateway did not take the message, or did not say that it did.

    The text is for the operator and never holds number, code or words. `refused_number`: this number cannot be reached
    at all, so that no other gateway need try.
    """

    def __init__(self, reason: str, *, refused_number: bool = False) -> None:
        super().__init__(reason)
        self.refused_number = refused_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one telephone; what it says holds the code, which the demo phone also shows apart."""

    id: str
    """Ours: 32 hexadecimal digits, told to the provider as our reference."""
    channel: str
    """`sms` or `voice`."""
    to: PhoneNumber
    says: Said
    code: Secret
    language: str
    expires_at: datetime
    """When the code no longer works, and the message is worth nothing."""
    own: bool = True
    """Whether the account has confirmed this number; counted apart (`guard`)."""


class Gateway(Protocol):
    """Sends messages of one channel."""

    @property
    def name(self) -> str:
        """As the settings name it."""

    @property
    def fetches(self) -> bool:
        """The provider asks for the words later, so that they are kept until it did."""

    def send(self, message: Message) -> str | None:
        """Hand the message over within 4 seconds, once; the provider's own name of it, if there is one.

        `NotSent` when it was not taken. Called with no database transaction open, because it may talk to a network.
        """
