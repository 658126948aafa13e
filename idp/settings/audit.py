"""Settings of the audit trail: how long it stays, and where else it goes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, Field, field_validator

#: `unix:` and a socket in the file system, or a way, a host and a port.
_SYSLOG: Final = re.compile(
    r"unix:/\S+|(?:udp|tcp|tls):(?:\[[0-9a-f:]+\]|[a-z0-9.-]+):[1-9]\d{0,4}", re.ASCII
)


class AuditSettings(BaseModel):
    """How long events stay, and the streams that leave the database."""

    audit_security_months: Annotated[
        int,
        Field(
            ge=6, le=120, description="Months that audit events of signing in stay (BIO2 8.15.04)."
        ),
    ] = 18
    audit_incident_months: Annotated[
        int,
        Field(
            ge=36,
            le=120,
            description="Months that audit events stay which are evidence of misuse (BIO2 5.28.01).",
        ),
    ] = 36
    audit_administration_months: Annotated[
        int,
        Field(
            ge=6,
            le=120,
            description="Months that audit events of administration stay: accounts, grants, applications, keys (BIO2 8.18.02).",
        ),
    ] = 36
    audit_file: Annotated[
        Path | None,
        Field(
            description="File to which every sealed audit event and checkpoint is added as a line of JSON. With more than one machine, use `IDP_AUDIT_SYSLOG`."
        ),
    ] = None
    audit_syslog: Annotated[
        str | None,
        Field(
            description="Syslog (RFC 5424) that gets the same lines: `unix:/dev/log`, `udp:host:514`, `tcp:host:601` or `tls:host:6514`."
        ),
    ] = None
    logboek_file: Annotated[
        Path | None,
        Field(
            description="File to which records of the *Logboek dataverwerkingen* are added. Without it none are made."
        ),
    ] = None
    logboek_register: Annotated[
        str | None,
        Field(
            description="Address of your register of processing activities; records name an activity under it. Needed with `IDP_LOGBOEK_FILE`."
        ),
    ] = None

    @field_validator("audit_syslog")
    @classmethod
    def _syslog_is_an_address(cls, value: str | None) -> str | None:
        if value is not None and not _SYSLOG.fullmatch(value):
            raise ValueError("must be unix:/path, udp:host:port, tcp:host:port or tls:host:port")
        if (
            value is not None
            and not value.startswith("unix:")
            and int(value.rpartition(":")[2]) > 65_535
        ):
            raise ValueError("a port is 65535 at most")
        return value

    @field_validator("logboek_register")
    @classmethod
    def _register_is_an_address(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"https://[^\s/?#]+(?:/[^\s?#]*)?", value):
            raise ValueError("must be an address that begins with https://, without a query")
        return value

    def lacking_for_audit(self) -> str | None:
        """Why the streams cannot be written, naming the setting; `None` when they can."""
        if self.logboek_file is not None and self.logboek_register is None:
            return (
                "IDP_LOGBOEK_REGISTER: name the address of your register of processing activities"
            )
        for name, file in (
            ("IDP_AUDIT_FILE", self.audit_file),
            ("IDP_LOGBOEK_FILE", self.logboek_file),
        ):
            if file is not None and not file.absolute().parent.is_dir():
                return f"{name}: the folder {file.absolute().parent} is not there"
        if self.audit_file is not None and self.audit_file == self.logboek_file:
            return "IDP_LOGBOEK_FILE: must be another file than IDP_AUDIT_FILE"
        return None
