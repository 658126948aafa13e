"""One mail to one person, handed to the mail server of the settings within a bounded time; in the demo to its phone."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from idp import clock, settings
from idp.database import db
from idp.messaging.gateways import outbox
from idp.settings import Settings

#: For a whole mail: name, line, handshake and every answer of the server together.
SECONDS: Final = 20.0


class NotMailed(Exception):
    """The server did not take it; the text says why, to the operator, and holds neither address nor words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What goes to one address."""

    id: str
    """Ours, the same at every try: whoever gets a mail twice sees one."""
    to: str
    language: str
    subject: str
    body: str


Words = Callable[[str, str, Settings], tuple[str, str]]
"""Subject and body, in a language, for an account under an organisation of that name."""


def post(mail: Mail, *, seconds: float = SECONDS) -> None:
    """Hand it over; `NotMailed` unless the server took it. Never while a transaction is open."""
    if db.session.registry.has() and db.session().in_transaction():
        raise RuntimeError("a mail inside a database transaction")  # law 7
    current = settings.current()
    if current.mail_gateway == "outbox":
        outbox.keep_mail(mail.to, mail.subject, mail.body)
        return
    if current.smtp_host is None:
        raise NotMailed("no mail server is set")
    message = _written(mail, current)
    try:
        with _line(current, seconds) as line:
            line.send_message(message)
    except smtplib.SMTPResponseException as refused:
        raise NotMailed(f"the mail server answered {refused.smtp_code}") from refused
    except smtplib.SMTPRecipientsRefused as refused:
        codes = sorted({code for code, _ in refused.recipients.values()})
        raise NotMailed(f"the mail server does not take this address: {codes}") from refused
    except ssl.SSLCertVerificationError as wrong:
        raise NotMailed(f"its certificate cannot be trusted: {wrong.verify_message}") from wrong
    except TimeoutError as late:
        raise NotMailed("it took too long") from late
    except (smtplib.SMTPException, OSError, ValueError) as wrong:
        # ValueError: what a TLS socket says when it is shut while it reads
        raise NotMailed(f"the connection broke ({type(wrong).__name__})") from wrong


def _written(mail: Mail, current: Settings) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    name, _, host = mail.to.rpartition("@")
    try:
        message["From"] = Address(
            _one_line(current.service_name), addr_spec=current.smtp_from or ""
        )
        message["To"] = Address("", name, host)
    except ValueError as wrong:  # the directory takes more than a mail server would
        raise NotMailed("the address is none that can be written on a mail") from wrong
    message["Subject"] = _one_line(mail.subject)
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{mail.id}@{current.host.partition(':')[0]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 section 5: nobody answers by machine
    message.set_content(mail.body, cte="quoted-printable")
    message["Content-Language"] = mail.language
    return message


def _one_line(text: str) -> str:
    return " ".join(text.split())


@contextlib.contextmanager
def _line(current: Settings, seconds: float) -> Iterator[smtplib.SMTP]:
    """A line on which the server knows us; shut when the time is over, so that a drip of bytes does not hold us."""
    host, trust = current.smtp_host or "", _trust(current.ca_bundle)
    connected = socket.create_connection((host, current.smtp_port), seconds / 2)
    connected.settimeout(seconds)  # the watch is first, and says why
    line = smtplib.SMTP(local_hostname=current.host.partition(":")[0], timeout=seconds)
    line._host = host  # type: ignore[attr-defined]  # whose certificate STARTTLS asks for
    line.sock = connected
    late = threading.Event()
    watch = threading.Timer(seconds / 2, _shut, [line, late])
    watch.daemon = True
    watch.start()
    try:
        if current.smtp_security == "tls":
            line.sock = trust.wrap_socket(
                connected, server_hostname=host, do_handshake_on_connect=False
            )
            line.sock.do_handshake()
        _greet(line, current, trust)
        if late.is_set():  # it came while the line changed to TLS
            raise TimeoutError
        yield line
        with contextlib.suppress(smtplib.SMTPException, OSError, ValueError):  # it has the mail
            line.quit()
    except (smtplib.SMTPException, OSError, ValueError) as wrong:
        raise (TimeoutError() if late.is_set() else wrong) from wrong
    finally:
        watch.cancel()
        line.close()


def _greet(line: smtplib.SMTP, current: Settings, trust: ssl.SSLContext) -> None:
    code, _ = line.getreply()
    if code != 220:
        raise smtplib.SMTPConnectError(code, "")
    if current.smtp_security == "starttls":
        line.starttls(context=trust)  # SMTPNotSupportedError where the server cannot: never without
    if current.smtp_user is not None and current.smtp_password_file is not None:
        password = current.smtp_password_file.read_text(encoding="utf-8").strip()
        line.login(current.smtp_user, password)


def _shut(line: smtplib.SMTP, late: threading.Event) -> None:
    late.set()
    if (opened := line.sock) is not None:
        with contextlib.suppress(OSError):  # it may have ended at this very moment
            opened.shutdown(socket.SHUT_RDWR)  # ends a read that waits


@lru_cache(maxsize=4)
def _trust(bundle: Path | None) -> ssl.SSLContext:
    """The system's certificate authorities, and the body's own beside them; TLS 1.2 or newer."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if bundle is not None:
        context.load_verify_locations(bundle)
    return context
