"""What a letter looks like: one A4 page with an activation code, in Dutch, made to be folded into a window envelope.

Neither user name nor password stands in it: who finds a letter has one thing of the three, and no way to the rest.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, cast

import segno
from babel.dates import format_datetime
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont
from fpdf import FPDF
from fpdf.enums import MethodReturnValue, XPos, YPos
from fpdf.fonts import TTFFont

from idp import clock
from idp.pages.assets import STATIC
from idp.servicedesk.letters import Page
from idp.settings import Settings

_FONT: Final = "letter"
_WEIGHTS: Final = {"": 400, "B": 650}
#: In millimetres: the margins, and where the window of a Dutch DL envelope shows the address.
_LEFT: Final = 25.0
_WIDE: Final = 160.0
_WINDOW: Final = (25.0, 50.0)
_INK: Final = (23, 33, 42)
_MUTED: Final = (84, 96, 107)
_ACCENT: Final = (12, 95, 101)
_PALE: Final = (238, 244, 245)
#: Longest line of an address, in millimetres: what the window shows, with room for a sheet that moved.
_LONGEST: Final = 85.0


class _Paper(FPDF):
    """Breaks a sentence into lines once for all pages: that is most of what a page costs."""

    def __init__(self) -> None:
        super().__init__(format="A4")
        self._broken: dict[tuple[str, float, float, str], list[str]] = {}

    def paragraph(self, width: float, height: float, text: str) -> None:
        """The text from here on, as wide as that in the font of now; afterwards at the left, below it."""
        key = (self.font_style, self.font_size_pt, width, text)
        if key not in self._broken:
            lines = self.multi_cell(
                width, height, text, align="L", dry_run=True, output=MethodReturnValue.LINES
            )
            self._broken[key] = cast("list[str]", lines)  # of whatever `output` asks for
        x = self.get_x()
        for line in self._broken[key]:
            self.set_x(x)
            self.cell(width, height, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def pdf_of(letters: Iterable[Page], here: Settings) -> bytes:
    """One document, a page for each letter, in their order."""
    paper = _Paper()
    paper.set_margins(_LEFT, 20, 210 - _LEFT - _WIDE)
    paper.set_auto_page_break(auto=False)
    paper.c_margin = 0
    paper.set_lang("nl")
    paper.set_title(f"Activatiecode {here.service_name}")
    paper.set_author(here.org_name)
    _add_fonts(paper)
    picture = io.BytesIO()
    segno.make(_start(here), error="m").save(picture, kind="png", scale=8, border=0)
    for letter in letters:
        paper.add_page()
        _head(paper, letter, here)
        _body(paper, letter, here, picture)
        _foot(paper, letter, here)
    return bytes(paper.output())


def _start(here: Settings) -> str:
    """Where first set-up begins; the same for everybody, so it tells nothing of who was written to."""
    return f"{here.issuer}/2fa"


def _add_fonts(paper: _Paper) -> None:
    """Our own font, as the pages have it; the second file has the letters of names from further away."""
    folder = Path(_cut().name)
    for style in _WEIGHTS:
        paper.add_font(_FONT, style, folder / f"latin-{style}.ttf")
        paper.add_font(f"{_FONT}-ext", style, folder / f"latin-ext-{style}.ttf")
    paper.set_fallback_fonts([f"{_FONT}-ext"], exact_match=True)


@cache
def _cut() -> TemporaryDirectory[str]:
    """Both weights cut out of both files, once for a process: that takes two seconds, a page hardly any."""
    folder = TemporaryDirectory(prefix="idp-letters-")
    for part in ("latin", "latin-ext"):
        whole = next(path for path in STATIC.glob(f"source-sans-3-{part}.*.woff2"))
        for style, weight in _WEIGHTS.items():
            font = instantiateVariableFont(TTFont(whole), {"wght": weight})
            font.flavor = None
            font.save(f"{folder.name}/{part}-{style}.ttf")
    return folder


def _head(paper: _Paper, letter: Page, here: Settings) -> None:
    _text(paper, _LEFT, 18, here.service_name, size=15, bold=True, ink=_ACCENT)
    _text(paper, _LEFT, 25, here.servicedesk_name, size=9.5, ink=_MUTED)
    x, y = _WINDOW
    for line in letter.to:
        _text(paper, x, y, _fitting(paper, line, size=11), size=11)
        y += 5.4
    when = format_datetime(letter.made_at, "d MMMM y", tzinfo=clock.HERE, locale="nl")
    _text(paper, _LEFT, 92, f"Datum: {when}", size=10.5)
    _text(paper, _LEFT, 98, f"Onderwerp: uw activatiecode voor {here.service_name}", size=10.5)


def _body(paper: _Paper, letter: Page, here: Settings, picture: io.BytesIO) -> None:
    until = format_datetime(
        letter.valid_until, "d MMMM y 'om' H.mm 'uur'", tzinfo=clock.HERE, locale="nl"
    )
    paper.set_xy(_LEFT, 110)
    _says(
        paper,
        "U logt voortaan in met twee stappen: uw wachtwoord en een tweede stap. Met de code in deze brief stelt u "
        "die tweede stap in. Dat duurt ongeveer vijf minuten.",
    )
    top = paper.get_y() + 4
    paper.set_fill_color(*_PALE)
    paper.rect(_LEFT, top, _WIDE, 36, style="F", round_corners=True, corner_radius=2.5)
    _text(paper, _LEFT + 7, top + 5, "Relatienummer", size=9.5, ink=_MUTED)
    _text(paper, _LEFT + 7, top + 10, letter.relation_number, size=15, bold=True)
    _text(paper, _LEFT + 60, top + 5, "Activatiecode", size=9.5, ink=_MUTED)
    _text(paper, _LEFT + 60, top + 10, letter.code.reveal(), size=19, bold=True)
    _text(paper, _LEFT + 7, top + 24, f"De code werkt tot {until}, en één keer.", size=11)
    paper.set_xy(_LEFT, top + 43)
    _says(paper, "Zo begint u", bold=True, size=13)
    beginning = paper.get_y() + 1.5
    paper.image(
        picture,
        x=_LEFT + _WIDE - 30,
        y=beginning,
        w=30,
        alt_text=f"QR-code van {_start(here)}",
    )
    paper.set_y(beginning)
    for number, step in enumerate(
        (
            f"Ga naar {_start(here)} of scan de QR-code. Controleer het adres boven in uw browser.",
            "Log in met uw relatienummer, uw gebruikersnaam en uw wachtwoord.",
            "Vul de activatiecode in. Hoofdletters en streepjes maken niet uit.",
            "Kies hoe u voortaan inlogt en volg de stappen. Tip: kies twee methoden.",
        ),
        1,
    ):
        _step(paper, number, step)
    paper.set_y(max(paper.get_y(), beginning + 32) + 4)
    _says(
        paper,
        "Hebt u geen gebruikersnaam of geen wachtwoord? Bel dan de Servicedesk. Ze staan niet in deze brief: zo heeft "
        "een ander niets aan de code.",
    )
    _says(
        paper,
        "Geef deze code aan niemand. Medewerkers vragen er nooit om, ook niet aan de telefoon.",
    )


def _step(paper: _Paper, number: int, step: str) -> None:
    paper.set_x(_LEFT)
    paper.set_font(_FONT, "B", 11)
    paper.set_text_color(*_ACCENT)
    paper.cell(7, 5.6, f"{number}")
    paper.set_font(_FONT, "", 11)
    paper.set_text_color(*_INK)
    paper.paragraph(_WIDE - 45, 5.6, step)
    paper.set_y(paper.get_y() + 1.4)


def _foot(paper: _Paper, letter: Page, here: Settings) -> None:
    paper.set_draw_color(*_MUTED)
    paper.line(_LEFT, 266, _LEFT + _WIDE, 266)
    _text(paper, _LEFT, 269, "Komt u er niet uit?", size=10.5, bold=True)
    _text(
        paper,
        _LEFT,
        274.5,
        f"Bel {here.servicedesk_phone} of mail {here.servicedesk_email}. {here.servicedesk_hours_nl}.",
        size=10.5,
    )
    _text(paper, _LEFT, 284, f"Brief {letter.id}", size=8, ink=_MUTED)


def _text(
    paper: _Paper,
    x: float,
    y: float,
    text: str,
    *,
    size: float,
    bold: bool = False,
    ink: tuple[int, int, int] = _INK,
) -> None:
    """One line, at its place."""
    paper.set_font(_FONT, "B" if bold else "", size)
    paper.set_text_color(*ink)
    paper.set_xy(x, y)
    paper.cell(_WIDE, size * 0.45, text)


def _says(paper: _Paper, text: str, *, size: float = 11, bold: bool = False) -> None:
    """A paragraph, below the one before."""
    paper.set_font(_FONT, "B" if bold else "", size)
    paper.set_text_color(*_INK)
    paper.set_x(_LEFT)
    paper.paragraph(_WIDE, size * 0.5, text)
    paper.set_y(paper.get_y() + 2.2)


def _fitting(paper: _Paper, line: str, *, size: float) -> str:
    """A line that the window shows whole; `?` for each sign that our font lacks, so that it is seen to be missing."""
    paper.set_font(_FONT, "", size)
    ours = (paper.fonts[_FONT], paper.fonts[f"{_FONT}-ext"])
    known = {sign for font in ours if isinstance(font, TTFFont) for sign in font.cmap}
    composed = unicodedata.normalize("NFC", line)
    bare = "".join(sign if ord(sign) in known else "?" for sign in composed if sign.isprintable())
    if paper.get_string_width(bare) <= _LONGEST:
        return bare
    while bare and paper.get_string_width(f"{bare}…") > _LONGEST:
        bare = bare[:-1]
    return f"{bare.rstrip()}…"
