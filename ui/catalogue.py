"""Keep the English catalogue in step with the Dutch sentences in templates and code.

python ui/catalogue.py           add new sentences to messages.po, drop those no longer used, name what lacks English
python ui/catalogue.py --check   change nothing; exit 1 when something is missing, unused or has other placeholders
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCES: Final = ROOT / "idp"
CATALOGUE: Final = SOURCES / "pages" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
METHODS: Final = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext.babel_extract")]
KEYWORDS: Final = {"_": None, "translate": None, "ngettext": (1, 2), "translate_many": (1, 2)}
OPTIONS: Final = {"**/templates/**.html": {"silent": "false", "trimmed": "true"}}


def main(arguments: list[str] | None = None) -> int:
    """Update or check the catalogue; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing, exit 1 when it is not in step"
    )
    options = parser.parse_args(arguments)
    used, catalogue = sentences_in_use(), read_catalogue()
    problems = list(problems_of(catalogue, used))
    if not options.check:
        catalogue.update(used, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        write_catalogue(catalogue)
        problems = list(problems_of(catalogue, used))
    for problem in problems:
        print(f"catalogue: {problem}", file=sys.stderr)
    return 1 if problems else 0


def sentences_in_use() -> Catalog:
    """Every sentence that templates and code ask for."""
    found = Catalog(charset="utf-8")
    for _file, _line, message, comments, context in extract_from_dir(
        SOURCES, METHODS, OPTIONS, KEYWORDS, strip_comment_tags=True
    ):
        found.add(message, auto_comments=comments, context=context)
    return found


def read_catalogue() -> Catalog:
    """The English catalogue as it is now; an empty one when there is none."""
    if not CATALOGUE.exists():
        return Catalog(locale="en", charset="utf-8", fuzzy=False)
    with CATALOGUE.open("rb") as source:
        return read_po(source, locale="en")


def write_catalogue(catalogue: Catalog) -> None:
    """Write it sorted, without places and dates, so that a change shows as one line."""
    catalogue.header_comment = (
        "# English; the Dutch sentences are the keys. Kept in step by ui/catalogue.py."
    )
    with CATALOGUE.open("wb") as target:
        write_po(
            target, catalogue, width=120, no_location=True, sort_output=True, omit_header=False
        )
    lines = CATALOGUE.read_text(encoding="utf-8").splitlines(keepends=True)
    dated = re.compile(
        r'"(POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Language-Team|Report-Msgid|Project-Id)'
    )
    CATALOGUE.write_text("".join(line for line in lines if not dated.match(line)), encoding="utf-8")


def problems_of(catalogue: Catalog, used: Catalog) -> list[str]:
    """What is not in step, one line each."""
    wanted = {message.id for message in used if message.id}
    known = {message.id: message for message in catalogue if message.id}
    problems = [f"not in the catalogue: {_shown(sentence)}" for sentence in wanted - known.keys()]
    problems += [f"no longer used: {_shown(sentence)}" for sentence in known.keys() - wanted]
    for sentence in wanted & known.keys():
        problems += _wrong_with(known[sentence])
    return sorted(problems)


def _wrong_with(message: Message) -> list[str]:
    text = message.string or ""
    translations = [text] if isinstance(text, str) else list(text)
    if not all(translations) or message.fuzzy:
        return [f"no English yet: {_shown(message.id)}"]
    dutch = _placeholders(message.id if isinstance(message.id, str) else message.id[-1])
    if any(_placeholders(english) != dutch for english in translations[-1:]):
        return [f"other placeholders: {_shown(message.id)}"]
    return []


def _placeholders(sentence: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", sentence))


def _shown(sentence: object) -> str:
    return repr(sentence if isinstance(sentence, str) else sentence[0])  # type: ignore[index]


if __name__ == "__main__":
    sys.exit(main())
