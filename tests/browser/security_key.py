"""A passkey or security key that Chromium itself plays, and a person who presses *Annuleren*."""

from __future__ import annotations

from typing import Any

from tests.browser.visitor import Visitor


class Device:
    """A key that Chromium plays (WebAuthn Level 3 section 12.3): plugged in, or part of the computer."""

    def __init__(self, visitor: Visitor) -> None:
        self.network = visitor.context.new_cdp_session(visitor.page)
        self.network.send("WebAuthn.enable")
        self.name = ""

    def plug_in(self, **options: Any) -> None:
        """Another key, which answers at once."""
        usual = {
            "protocol": "ctap2",
            "transport": "usb",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        added = self.network.send("WebAuthn.addVirtualAuthenticator", {"options": usual | options})
        self.name = added["authenticatorId"]

    def unplug(self) -> None:
        """Take it out; another one can be plugged in."""
        self.network.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.name})

    def refuses_the_person(self) -> None:
        """From now on the finger or PIN is wrong."""
        self.network.send(
            "WebAuthn.setUserVerified", {"authenticatorId": self.name, "isUserVerified": False}
        )

    def is_sure_of_the_person(self) -> None:
        """From now on it is right again."""
        self.network.send(
            "WebAuthn.setUserVerified", {"authenticatorId": self.name, "isUserVerified": True}
        )

    def answers(self, at_once: bool) -> None:
        """Whether somebody is there who touches it."""
        self.network.send(
            "WebAuthn.setAutomaticPresenceSimulation",
            {"authenticatorId": self.name, "enabled": at_once},
        )

    def keys(self) -> list[dict[str, Any]]:
        """What it holds."""
        found: list[dict[str, Any]] = self.network.send(
            "WebAuthn.getCredentials", {"authenticatorId": self.name}
        )["credentials"]
        return found


def cancel_every_prompt(visitor: Visitor) -> None:
    """What a person does who presses *Annuleren* on the prompt of the device."""
    visitor.page.evaluate(
        """() => {
            const no = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
            navigator.credentials.create = no;
            navigator.credentials.get = no;
        }"""
    )
