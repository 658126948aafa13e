"""A batch of letters for the print house: codes made, printed and encrypted in one go, and fetched once.

    take the letters            committed, so that no other batch takes them
    make codes, pages, CMS      no transaction is open while this takes its seconds
    write it all down           codes as digests, the encrypted document, the manifest: all or nothing

A process that dies in between leaves letters that wait again after ten minutes, and no code.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7EnvelopeBuilder, PKCS7Options
from sqlalchemy import select, update

from idp import clock, settings
from idp.accounts import activation_codes, directory
from idp.accounts.code_symbols import new_code
from idp.audit import Event, record
from idp.database import db
from idp.errors import WrongInput
from idp.models import Letter, LetterBatch
from idp.secret_values import Secret, new_id
from idp.servicedesk import letters
from idp.servicedesk.letters import Page

MOST_LETTERS: Final = 500
#: How long making a batch may take; then its letters wait again.
TAKEN_FOR: Final = timedelta(minutes=10)
_TRIES: Final = 3
_SMALLEST_KEY: Final = 3072


@dataclass(frozen=True, slots=True)
class _Draft:
    """One letter of a batch that is being made."""

    letter_id: str
    account_id: str
    code: Secret
    page: Page


class _ChangedMeanwhile(Exception):
    """A letter of the batch became void while its page was made."""


def print_certificate(file: Path) -> x509.Certificate:
    """The print house's certificate (PEM); `WrongInput` when it cannot serve now: RSA, 3072 bits, not past its end."""
    try:
        found = x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError) as wrong:
        raise WrongInput(f"{file} holds no certificate that can be read") from wrong
    key = found.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST_KEY:
        raise WrongInput(
            f"the key of {file} cannot serve: it must be RSA of {_SMALLEST_KEY} bits or more"
        )
    if not found.not_valid_before_utc <= clock.now() < found.not_valid_after_utc:
        raise WrongInput(f"the certificate in {file} is not valid now")
    return found


def make_for_the_print_house(*, actor: str) -> LetterBatch | None:
    """Make a batch for the print house that is set; `WrongInput` when none is, or its certificate cannot serve."""
    file = settings.current().print_certificate
    if file is None:
        raise WrongInput("no print house is set")
    return make_batch(print_certificate(file), actor=actor)


def make_batch(
    certificate: x509.Certificate, *, actor: str, most: int = MOST_LETTERS
) -> LetterBatch | None:
    """Make a batch of the letters that waited longest; `None` when none waits. Commits."""
    for _try in range(_TRIES):
        batch_id = new_id()
        drafts = _take(batch_id, most)
        if not drafts:
            return None
        sealed = _sealed([draft.page for draft in drafts], certificate)
        try:
            return _write_down(batch_id, drafts, sealed, actor)
        except _ChangedMeanwhile:
            db.session.rollback()
            _let_go(batch_id)
    raise WrongInput("letters are being changed all the time; try again in a minute")


def fetch(batch_id: str, *, actor: str) -> bytes:
    """The encrypted document, once: of two at once one gets it, and then it is gone. Does not commit.

    `WrongInput` when there is no such batch, or somebody fetched it.
    """
    batch = letters.find_batch(batch_id)
    # read first and claimed after: what RETURNING gives of an emptied column differs between databases
    sealed = batch.sealed
    claimed = db.session.execute(
        update(LetterBatch)
        .where(LetterBatch.id == batch_id, LetterBatch.fetched_at.is_(None))
        .values(fetched_at=clock.now(), fetched_by=actor, sealed=None)
        .returning(LetterBatch.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if claimed is None or sealed is None:
        db.session.refresh(batch)  # who was first, where both came at once
        raise WrongInput(
            f"batch {batch_id} was fetched by {batch.fetched_by}; letters that did not arrive are asked for again"
        )
    record(Event.LETTERS_FETCHED, actor=actor, batch=batch_id, letters=batch.letters)
    return sealed


def _take(batch_id: str, most: int) -> list[_Draft]:
    """Claim letters for this batch, and commit."""
    now = clock.now()
    oldest = (
        select(Letter.id)
        .where(letters.waits_now())
        .order_by(Letter.asked_at, Letter.id)
        .limit(most)
    )
    taken = db.session.execute(
        update(Letter)
        .where(Letter.id.in_(oldest), letters.waits_now())
        .values(batch_id=batch_id, taken_until=now + TAKEN_FOR)
        .returning(Letter.id, Letter.account_id, Letter.asked_at)
        .execution_options(synchronize_session=False)
    ).all()
    drafts = []
    for row in sorted(taken, key=lambda row: (row.asked_at, row.id)):
        account = directory.get(row.account_id)
        assert account is not None, "a letter belongs to an account"
        try:
            to = letters.address_of(account)
        except WrongInput:  # it was taken away after the letter was asked for
            _void(row.id)
            continue
        code = new_code()
        page = Page(
            id=row.id[:12],
            to=to,
            relation_number=account.relation.number,
            code=code,
            valid_until=now + activation_codes.VALID_FOR,
            made_at=now,
        )
        drafts.append(_Draft(row.id, row.account_id, code, page))
    db.session.commit()
    return drafts


def _sealed(pages: list[Page], certificate: x509.Certificate) -> bytes:
    """CMS EnvelopedData (RFC 5652 section 6) with AES-256; `openssl cms -decrypt` opens it with the other key."""
    from idp.servicedesk import letter_pdf  # here: its library takes a second, of every command

    document = letter_pdf.pdf_of(pages, settings.current())
    return (
        PKCS7EnvelopeBuilder()
        .set_data(document)
        .add_recipient(certificate)
        .set_content_encryption_algorithm(AES256)
        .encrypt(Encoding.DER, [PKCS7Options.Binary])
    )


def _write_down(batch_id: str, drafts: list[_Draft], sealed: bytes, actor: str) -> LetterBatch:
    """The codes, and the document that says them, in one transaction."""
    for number, draft in enumerate(drafts, 1):
        account = directory.get(draft.account_id)
        letter = db.session.scalars(
            select(Letter)
            .where(Letter.id == draft.letter_id, Letter.batch_id == batch_id)
            .where(Letter.voided_at.is_(None), Letter.code_id.is_(None))
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one_or_none()
        if letter is None or account is None or not directory.still_welcome(account.id):
            raise _ChangedMeanwhile
        row, _readable = activation_codes.issue(
            account,
            channel="letter",
            actor=actor,
            replaces_methods=letter.replaces_methods,
            code=draft.code,
        )
        letter.page, letter.code_id = number, row.id
    batch = LetterBatch(
        id=batch_id,
        made_by=actor,
        letters=len(drafts),
        sealed=sealed,
        digest=hashlib.sha256(sealed).hexdigest(),
        manifest={
            "batch": batch_id,
            "letters": [
                {"page": number, "letter": draft.letter_id, "printed": draft.page.id}
                for number, draft in enumerate(drafts, 1)
            ],
        },
    )
    db.session.add(batch)
    record(Event.LETTERS_MADE, actor=actor, batch=batch_id, letters=len(drafts))
    db.session.commit()
    return batch


def _void(letter_id: str) -> None:
    db.session.execute(update(Letter).where(Letter.id == letter_id).values(voided_at=clock.now()))


def _let_go(batch_id: str) -> None:
    db.session.execute(
        update(Letter)
        .where(Letter.batch_id == batch_id, Letter.code_id.is_(None))
        .values(batch_id=None, taken_until=None)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
