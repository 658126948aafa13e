"""A real `idp serve` is killed with all its processes, in the middle of its work, and started again."""

from __future__ import annotations

import base64
import itertools
import json
import os
import random
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

from sqlalchemy import select

from idp.audit import Event
from idp.database import db
from idp.models import Account, Application, AuditEvent, AuditSeal, Relation
from tests.attacks.test_audit_chain import operator, verdict
from tests.cli.operator import Operator
from tests.cli.processes import Running, answer, free_ports, running

__all__ = ["operator"]  # a fixture

ISSUER = "https://inloggen.voorbeeld.nl"
API = "/api/beheer/v1"
SCOPES = ("beheer:lezen", "beheer:accounts", "beheer:applicaties")
#: How often the server is killed; KILLS=20 asks for more.
KILLS = int(os.environ.get("KILLS", "3"))
#: Changes that were answered before it is killed, at least.
CHANGES = 25


@dataclass
class Program:
    """A program of the body that makes changes from several threads, and remembers those that were answered."""

    port: int
    basic: str
    token: str = ""
    kept: list[tuple[Event, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def ask(self, method: str, path: str, body: bytes, **headers: str) -> tuple[int, bytes]:
        """Status and body; `OSError` or `HTTPException` when the server goes meanwhile."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            usual = {"Host": ISSUER.removeprefix("https://"), "Content-Type": "application/json"}
            connection.request(method, path, body, usual | headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def comes_in(self) -> None:
        """A token for itself."""
        form = urllib.parse.urlencode(
            {"grant_type": "client_credentials", "scope": " ".join(SCOPES)}
        )
        status, said = self.ask(
            "POST",
            "/oauth2/token",
            form.encode(),
            **{"Authorization": self.basic, "Content-Type": "application/x-www-form-urlencoded"},
        )
        assert status == 200, said
        self.token = json.loads(said)["access_token"]

    def changes(self, method: str, path: str, event: Event, **said: str) -> dict[str, str]:
        """Change something; what was answered with yes is remembered by its id."""
        headers = {"Authorization": f"Bearer {self.token}", "Reden": "own", "Controle": "nobody"}
        status, told = self.ask(method, f"{API}{path}", json.dumps(said).encode(), **headers)
        self.answers.append(status)
        assert status in {200, 201}, told
        made: dict[str, str] = json.loads(told)
        self.kept.append((event, made["id"]))
        return made

    def adds_an_organisation_with_somebody(self) -> None:
        """Two changes, one after the other."""
        number = str(20_000_000 + next(self.numbers))
        made = self.changes(
            "POST",
            "/relaties",
            Event.RELATION_ADDED,
            relatienummer=number,
            naam=f"Gemeente {number}",
            soort="gemeente",
        )
        there = f"/relaties/{made['id']}/accounts"
        self.changes(
            "POST", there, Event.ACCOUNT_ADDED, gebruikersnaam="anna", naam="Anna de Vries"
        )

    def adds_an_application(self) -> None:
        """A change of another table."""
        name = f"app-{next(self.numbers)}"
        address = f"https://{name}.voorbeeld.nl/"
        self.changes(
            "PUT", f"/applicaties/{name}", Event.APPLICATION_ADDED, naam=name, adres=address
        )


@contextmanager
def at_work(program: Program, trouble: list[BaseException]) -> Iterator[None]:
    """Four threads of it, until the server is gone."""

    def work(change: Callable[[], None]) -> None:
        try:
            while True:
                change()
        except (OSError, HTTPException):
            return
        except BaseException as wrong:  # noqa: BLE001  # told to the test below
            trouble.append(wrong)

    kinds = (program.adds_an_organisation_with_somebody, program.adds_an_application) * 2
    threads = [threading.Thread(target=work, args=(kind,)) for kind in kinds]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join(60)


@contextmanager
def served(operator: Operator, port: int) -> Iterator[Running]:
    """`idp serve` with two processes that do the work, in a group of their own."""
    environment = operator.environment | {"IDP_BIND": f"127.0.0.1:{port}", "IDP_WORKERS": "2"}
    with running("serve", folder=operator.folder, environment=environment, apart=True) as server:
        server.wait_until(lambda: answer(f"http://127.0.0.1:{port}/health/ready")[0] == 200)
        yield server


def rows_and_trail(operator: Operator) -> tuple[set[tuple[Event, str]], set[tuple[Event, str]]]:
    """What stands in the tables, and what the trail says was added."""
    tables = {Event.RELATION_ADDED: Relation, Event.ACCOUNT_ADDED: Account}
    with operator.at_work():
        rows = {
            (event, each)
            for event, table in (*tables.items(), (Event.APPLICATION_ADDED, Application))
            for each in db.session.scalars(select(table.id))
        }
        told = set()
        for event in db.session.scalars(select(AuditEvent)):
            if event.event == Event.RELATION_ADDED:
                told.add((Event.RELATION_ADDED, str(event.relation_id)))
            elif event.event == Event.ACCOUNT_ADDED:
                told.add((Event.ACCOUNT_ADDED, str(event.account_id)))
            elif event.event == Event.APPLICATION_ADDED:
                told.add((Event.APPLICATION_ADDED, event.details["application"]))
    return rows, told


def unsealed(operator: Operator) -> int:
    with operator.at_work():
        events, seals = db.session.query(AuditEvent), db.session.query(AuditSeal)
        return events.count() - seals.count()


def test_a_server_killed_in_the_middle_of_its_work_keeps_its_word_and_its_trail(
    operator: Operator,
) -> None:
    operator.types("keys", "rotate", "--alg", "RS256")
    scopes = [word for scope in SCOPES for word in ("--scope", scope)]
    client = operator.types(
        "client", "add", "Personeelssysteem", "--profile", "basic", "--json",
        "--grant-type", "client_credentials", "--audience", f"{ISSUER}{API}", *scopes,
    ).json  # fmt: skip
    [port] = free_ports(1)
    secret = f"{client['client_id']}:{client['client_secret']}".encode()
    program = Program(port, f"Basic {base64.b64encode(secret).decode()}")
    trouble: list[BaseException] = []
    for _ in range(KILLS):
        with served(operator, port) as server:
            program.comes_in()
            enough = len(program.kept) + CHANGES
            with at_work(program, trouble):
                server.wait_until(lambda enough=enough: len(program.kept) >= enough or trouble)
                time.sleep(random.uniform(0, 0.3))
                server.is_killed()
        assert not trouble, trouble[0]
        assert verdict(operator) == (None, None)
    with served(operator, port) as server:
        server.wait_until(lambda: unsealed(operator) == 0)
    assert verdict(operator) == (None, None)
    rows, told = rows_and_trail(operator)
    assert set(program.kept) <= told, "what was answered with yes stands in the trail"
    assert rows == told, "nothing changed without its row there, and nothing is told that was not"
