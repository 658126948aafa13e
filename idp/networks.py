"""Network addresses as settings name them: checked when they are read, not when they fail to match."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator

#: Names under which a machine reaches itself.
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def separated(value: Any) -> Any:
    """The parts of a text with commas; anything else as it is."""
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _addresses(values: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(str(ip_address(value)) for value in values)
    except ValueError as wrong:
        raise ValueError("must be IP addresses, separated by commas") from wrong


def _networks(values: tuple[str, ...]) -> tuple[str, ...]:
    try:
        found = [ip_network(value) for value in values]
    except ValueError as wrong:
        raise ValueError("must be IP addresses or networks such as 10.0.5.0/24") from wrong
    if any(network.prefixlen == 0 for network in found):
        raise ValueError("must not be everybody")
    return tuple(map(str, found))


#: Single addresses, in the one form in which a connection shows them.
Addresses = Annotated[tuple[str, ...], BeforeValidator(separated), AfterValidator(_addresses)]
#: Addresses and networks.
Networks = Annotated[tuple[str, ...], BeforeValidator(separated), AfterValidator(_networks)]
