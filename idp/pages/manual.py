"""What only the pages of the manual ask for: its pictures, and what people see when something goes wrong.

`make screens` makes the pictures from the running product, a folder for each language.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flask import Flask, current_app

from idp.pages import error_copy, form_copy
from idp.pages.assets import Shelf
from idp.pages.error_words import ErrorCopy
from idp.pages.wording import language

PICTURES: Final = Path(__file__).parent / "manual_pictures"
#: Pixels of a picture to one pixel of the page it was made of; articles show it smaller, so that letters stay sharp.
DENSITY: Final = 1.25
_PNG: Final = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Picture:
    """One picture as a page shows it; width and height in pixels of the page."""

    address: str
    width: int
    height: int


def init_app(app: Flask) -> None:
    """Put the pictures among the other files that we serve, and make `picture()` and the words known to templates."""
    shelf: Shelf = app.extensions["idp.assets"]
    app.extensions["idp.pictures"] = {
        (path.parent.name, path.stem): _put(shelf, path) for path in PICTURES.glob("*/*.png")
    }
    app.add_template_global(picture)
    app.add_template_global(error_words)
    app.add_template_global(seen)


def picture(name: str) -> Picture | None:
    """The picture of this name in the language of this request; `None` when there is none."""
    pictures: dict[tuple[str, str], Picture] = current_app.extensions["idp.pictures"]
    return pictures.get((language(), name))


def error_words(name: str, **facts: object) -> ErrorCopy:
    """The page of an error; what only a real one has (its moment, its application) is left out."""
    return error_copy.error_page(name, facts)


def seen(name: str, *facts: str) -> list[str]:
    """What stands on somebody's screen with this error: the title of its page, the sentences on its form, or both.

    `facts` name what may hold of a sign-in here and make the sentence another one; numbers of one sign-in, such as
    the tries left, are left out.
    Empty for a name that no page shows.
    """
    titles = [error_copy.PAGES[name]({}).title] if name in error_copy.PAGES else []
    said = [form_copy.sentence(name, known) for known in ({}, *({fact: True} for fact in facts))]
    return list(dict.fromkeys(filter(None, [*titles, *said])))


def _put(shelf: Shelf, path: Path) -> Picture:
    content = path.read_bytes()
    if not content.startswith(_PNG):
        raise ValueError(f"{path} is no PNG file")
    width, height = struct.unpack(">II", content[16:24])  # the first chunk of every PNG: its size
    digest = hashlib.sha256(content).hexdigest()[:12]
    name = f"{path.parent.name}-{path.stem}"
    shelf.add(f"{name}.png", path, f"{name}.{digest}.png")
    return Picture(shelf.addresses[f"{name}.png"], round(width / DENSITY), round(height / DENSITY))
