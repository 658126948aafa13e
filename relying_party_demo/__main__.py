"""`python -m relying_party_demo`: serve the demo until Ctrl-C or SIGTERM."""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from waitress.server import create_server

from relying_party_demo.app import create_app
from relying_party_demo.configuration import ConfigurationError, load

#: What people send here are short addresses and one tiny form.
MAX_HEADER_BYTES = 32 * 1024
MAX_BODY_BYTES = 16 * 1024


def main() -> int:
    """Serve; return the process's exit code: 2 when the configuration is refused."""
    name = os.environ.get("RELYING_PARTY_CONFIG")
    if not name:
        return _refuse("RELYING_PARTY_CONFIG is not set; let it name the JSON configuration file")
    try:
        configuration = load(Path(name))
    except ConfigurationError as problem:
        return _refuse(str(problem))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    signal.signal(signal.SIGTERM, _stop)
    try:
        server = create_server(
            create_app(configuration),
            listen=configuration.bind,
            threads=4,
            ident=None,
            url_scheme=urlsplit(configuration.address).scheme,
            max_request_header_size=MAX_HEADER_BYTES,
            max_request_body_size=MAX_BODY_BYTES,
        )
    except OSError as problem:
        return _refuse(f"cannot listen on {configuration.bind}: {problem.strerror or problem}")
    server.run()
    return 0


def _stop(_signum: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)  # waitress ends its loop on this, as on Ctrl-C


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"relying_party_demo: {sentence}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
