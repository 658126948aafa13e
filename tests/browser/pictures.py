"""Pictures of pages, packed: 256 colours are more than a page has that anybody sees, and take a third of the bytes."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image


def keep(picture: bytes, file: Path) -> None:
    """Store what a browser photographed."""
    with Image.open(BytesIO(picture)) as image:
        few = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        few.save(file, optimize=True)
