"""The single sign-on session: opened and raised by `flows/finish.py` alone, read by everybody.

A session keeps every proof with its time; levels are computed from what is still fresh. It ends at once when
the account or its relation is blocked, or its password or methods are reset.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, cast

from sqlalchemy import Insert, Table, bindparam, delete, func, or_, select, update
from sqlalchemy import insert as insert_row
from sqlalchemy.dialects import postgresql, sqlite

from idp import clock, settings
from idp.accounts import logouts
from idp.assurance import Level, Proof, aged, latest
from idp.audit import Event, record_many
from idp.database import db
from idp.models import (
    AccessToken,
    Account,
    AuthorizationCode,
    LoginTransaction,
    RefreshToken,
    Relation,
    Session,
    SessionClient,
)
from idp.secret_values import new_id, random_token
from idp.statements import Prepared

#: How often at most the last use of a session is written down, in seconds: a read need not be a write.
TOUCH_EVERY_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """A session in force, with what most readers need of its account."""

    id: str
    account_id: str
    relation_id: str
    proofs: tuple[Proof, ...]
    enrolled_at: Level
    reference: str
    created_at: datetime
    used_at: datetime
    ends_at: datetime
    """When it ends if nobody uses it."""
    ends_for_good_at: datetime
    """When it ends however much it is used."""

    @property
    def can_be_kept_alive(self) -> bool:
        """Whether using it now would make it last longer."""
        return self.ends_at < self.ends_for_good_at


_COLUMNS = (
    Session.id,
    Session.account_id,
    Session.proofs,
    Session.reference,
    Session.created_at,
    Session.used_at,
    Session.expires_at,
    Account.relation_id,
    Account.enrolment_level,
)


_SESSIONS: Final = cast(Table, Session.__table__)
_IN_FORCE: Final = (
    select(*_COLUMNS)
    .select_from(_SESSIONS)
    .join(Account.__table__, Account.id == Session.account_id)
    .join(Relation.__table__, Relation.id == Account.relation_id)
    .where(
        Session.ended_at.is_(None),
        Session.expires_at > bindparam("now"),
        Session.used_at > bindparam("idle_since"),
        Account.blocked_at.is_(None),
        Relation.blocked_at.is_(None),
    )
)
_BY_DIGEST: Final = Prepared(_IN_FORCE.where(Session.digest == bindparam("which")))
_BY_ID: Final = Prepared(_IN_FORCE.where(Session.id == bindparam("which")))
_OPEN: Final = Prepared(insert_row(_SESSIONS))
_CLIENTS: Final = cast(Table, SessionClient.__table__)
_SID: Final = Prepared(
    select(_CLIENTS.c.sid).where(
        _CLIENTS.c.session_id == bindparam("session"), _CLIENTS.c.client_id == bindparam("client")
    )
)


def _first_use(dialect: str) -> Insert:
    """An insert that can lose."""
    of_dialect = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return (
        of_dialect(_CLIENTS)
        .on_conflict_do_nothing(index_elements=[_CLIENTS.c.session_id, _CLIENTS.c.client_id])
        .returning(_CLIENTS.c.sid)
    )


_FIRST_USE: Final = Prepared(_first_use)


def live(cookie: str | None) -> LiveSession | None:
    """The session that a cookie names, when it is in force and account and relation are not blocked."""
    if not cookie:
        return None
    return _live(_BY_DIGEST, settings.current().secret.digest("session", cookie))


def live_by_id(session_id: str) -> LiveSession | None:
    """The same for a session known by its row."""
    return _live(_BY_ID, session_id)


def _live(statement: Prepared, which: str) -> LiveSession | None:
    now, idle = clock.now(), settings.current().session_idle
    row = statement.row({"which": which, "now": now, "idle_since": now - idle})
    if row is None:
        return None
    return LiveSession(
        id=row.id,
        account_id=row.account_id,
        relation_id=row.relation_id,
        proofs=aged(map(Proof.from_json, row.proofs), now),
        enrolled_at=Level(row.enrolment_level),
        reference=row.reference,
        created_at=row.created_at,
        used_at=row.used_at,
        ends_at=min(row.expires_at, row.used_at + idle),
        ends_for_good_at=row.expires_at,
    )


def touch(session: LiveSession) -> LiveSession:
    """The person did something: the idle time starts again. Returns the session as it is from now on."""
    now = clock.now()
    if (now - session.used_at).total_seconds() < TOUCH_EVERY_SECONDS:
        return session
    db.session.execute(update(Session).where(Session.id == session.id).values(used_at=now))
    ends_at = min(session.ends_for_good_at, now + settings.current().session_idle)
    return replace(session, used_at=now, ends_at=ends_at)


def open_session(
    account_id: str, proofs: Iterable[Proof], *, device: str, reference: str
) -> tuple[str, str]:
    """Start a session and return its id and the value for its cookie."""
    now, cookie, session_id = clock.now(), random_token(), new_id()
    current = settings.current()
    _OPEN.send(
        {
            "id": session_id,
            "digest": current.secret.digest("session", cookie),
            "account_id": account_id,
            "proofs": [proof.to_json() for proof in latest(proofs)],
            "device": device,
            "reference": reference,
            "created_at": now,
            "used_at": now,
            "expires_at": now + current.session_lifetime,
            "ended_at": None,
        },
    )
    return session_id, cookie


def raise_session(session: LiveSession, proofs: Iterable[Proof]) -> str | None:
    """Add proofs to a session and give it a new cookie value; `None` when it ended meanwhile."""
    cookie = random_token()
    # As they are now, and held: a method that was replaced since this request began proves nothing any more.
    held = select(Session.proofs).where(Session.id == session.id).with_for_update()
    stored = db.session.execute(held).scalar_one_or_none() or ()
    raised = db.session.execute(
        update(Session)
        .where(Session.id == session.id, Session.ended_at.is_(None))
        .values(
            digest=settings.current().secret.digest("session", cookie),
            proofs=[proof.to_json() for proof in latest((*map(Proof.from_json, stored), *proofs))],
            used_at=clock.now(),
        )
        .returning(Session.id)
    ).scalar_one_or_none()
    return cookie if raised else None


def forget_proofs(account_id: str, credential_ids: Collection[str]) -> None:
    """A method is gone: what it proved in any session of the account counts no longer, and is asked again.

    What applications hold of such a session is revoked, because they got it on the strength of that proof.
    """
    if not credential_ids:
        return
    leaned: list[str] = []
    for session in db.session.scalars(
        select(Session)
        .where(Session.account_id == account_id, Session.ended_at.is_(None))
        .with_for_update()
    ):
        stays = [proof for proof in session.proofs if proof["credential_id"] not in credential_ids]
        if len(stays) < len(session.proofs):
            session.proofs = stays
            leaned.append(session.id)
    if leaned:
        logouts.end_held(lambda held: (held.session_id.in_(leaned),))


def sid_for(session_id: str, client_id: str) -> str:
    """What one client knows this session by: random, stable for the pair, different between clients."""
    known = {"session": session_id, "client": client_id}
    if (sid := _SID.value(known)) is not None:
        return str(sid)
    sid = _FIRST_USE.value(
        {
            "sid": random_token(),
            "session_id": session_id,
            "client_id": client_id,
            "first_used_at": clock.now(),
        },
    )
    if sid is None:  # another request of this session was first
        sid = _SID.rows(known)[0].sid
    return str(sid)


def session_of_sid(sid: str, client_id: str) -> str | None:
    """The session that one client knows by this `sid`."""
    return db.session.execute(
        select(SessionClient.session_id).where(
            SessionClient.sid == sid, SessionClient.client_id == client_id
        )
    ).scalar_one_or_none()


def end(session_id: str, *, why: str, actor: str = "person", reference: str | None = None) -> bool:
    """End one session with the codes and tokens it gave; `False` when it had ended already."""
    return _end(Session.id == session_id, why=why, actor=actor, reference=reference) > 0


def end_all_of(account_id: str, *, why: str, actor: str, except_for: str | None = None) -> int:
    """End every session of an account (but one, when asked) and return how many that were.

    A session that stays keeps no refresh tokens: who copied one would keep it too (RFC 9700 section 4.14.2).
    """
    which = Session.account_id == account_id
    if except_for is not None:
        logouts.end_held(lambda held: (held.account_id == account_id,), RefreshToken)
    return _end(
        which if except_for is None else which & (Session.id != except_for), why=why, actor=actor
    )


def end_all_of_relation(relation_id: str, *, why: str, actor: str) -> int:
    """End every session of a relation's accounts and return how many that were."""
    accounts = select(Account.id).where(Account.relation_id == relation_id)
    return _end(Session.account_id.in_(accounts), why=why, actor=actor)


def forget_unfinished(
    account_id: str, *, except_for: str | None = None, browser: str | None = None
) -> None:
    """Forget the sign-ins of an account that are not complete: what was proved in them counts no longer, nor are they
    taken up again under its name.

    All of them, or those of one browser (a digest), or all but one.
    """
    whose = (LoginTransaction.state[name].as_string() for name in ("account_id", "former"))
    which = or_(*(one == account_id for one in whose))
    if browser is not None:
        which &= LoginTransaction.browser == browser
    db.session.execute(
        delete(LoginTransaction)
        .where(which, LoginTransaction.id != (except_for or ""))
        .execution_options(synchronize_session=False)
    )


def forget_unfinished_of_relation(relation_id: str) -> None:
    """As `forget_unfinished`, for every account of a relation."""
    theirs = select(Account.id).where(Account.relation_id == relation_id)
    whose = (LoginTransaction.state[name].as_string() for name in ("account_id", "former"))
    db.session.execute(
        delete(LoginTransaction)
        .where(or_(*(one.in_(theirs) for one in whose)))
        .execution_options(synchronize_session=False)
    )


def _end(which: object, *, why: str, actor: str, reference: str | None = None) -> int:
    now = clock.now()
    ended = db.session.execute(
        update(Session)
        .where(which, Session.ended_at.is_(None))  # type: ignore[arg-type]
        .values(ended_at=now)
        .returning(Session.id, Session.account_id)
    ).all()
    if not ended:
        return 0
    ids = [row.id for row in ended]
    for table in (AuthorizationCode, AccessToken, RefreshToken):
        db.session.execute(
            update(table)
            .where(table.session_id.in_(ids), table.revoked_at.is_(None))
            .values(revoked_at=now)
        )
    record_many(
        Event.SESSION_ENDED,
        (
            {
                "account_id": row.account_id,
                "session_id": row.id,
                "reference": reference,
                "reason": why,
            }
            for row in ended
        ),
        actor=actor,
    )
    logouts.tell(ids, why=why)
    return len(ended)


def of_account(account_id: str) -> list[Session]:
    """The sessions in force of an account, youngest first, for the person's own list."""
    now = clock.now()
    return list(
        db.session.scalars(
            select(Session)
            .where(
                Session.account_id == account_id,
                Session.ended_at.is_(None),
                Session.expires_at > now,
                Session.used_at > now - settings.current().session_idle,
            )
            .order_by(Session.created_at.desc())
        )
    )


def previous_of(account_id: str, session_id: str) -> datetime | None:
    """When this account signed in the time before this session."""
    return db.session.execute(
        select(func.max(Session.created_at)).where(
            Session.account_id == account_id, Session.id != session_id
        )
    ).scalar_one_or_none()
