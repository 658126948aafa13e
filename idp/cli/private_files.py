"""Files that only their owner may read, written once."""

from __future__ import annotations

import os
from pathlib import Path

from idp.errors import WrongInput


def write_private(file: Path, content: bytes) -> None:
    """A new file, mode 0600; `WrongInput` when something lies there already."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as there:
        raise WrongInput(f"{file} exists already") from there
    except OSError as wrong:
        raise WrongInput(f"{file} cannot be written: {wrong.strerror}") from wrong
    with os.fdopen(descriptor, "wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
