"""An operator at the line, on a real database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.operator import Operator


@pytest.fixture
def blank_operator(tmp_path: Path) -> Operator:
    """An operator whose deployment has nothing yet but a secret."""
    secret = tmp_path / "secret"
    secret.write_text("5e" * 32)
    secret.chmod(0o600)
    return Operator(
        {
            "IDP_ISSUER": "https://inloggen.voorbeeld.nl",
            "IDP_DATABASE_URL": f"sqlite:///{tmp_path}/idp.db",
            "IDP_KEYS": f"file:{tmp_path}/keys",
            "IDP_SECRET_FILE": str(secret),
            "IDP_ALLOW_FILE_KEYS": "1",
            "IDP_OPERATOR": "joke",
        },
        tmp_path,
    )


@pytest.fixture
def operator(blank_operator: Operator, database_url: str) -> Operator:
    """An operator with a migrated, empty database."""
    blank_operator.environment["IDP_DATABASE_URL"] = database_url
    return blank_operator


@pytest.fixture
def jansen(operator: Operator) -> tuple[str, str]:
    """An account, as commands name it."""
    operator.types("relation", "add", "10023456", "Gemeente Voorbeeld", "--kind", "gemeente")
    operator.types("account", "add", "10023456", "n.jansen", "--name", "Noor Jansen")
    return "10023456", "n.jansen"
