"""Just enough HTML: a tree of elements with their attributes and text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset(
    (
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
    )
)


@dataclass(eq=False)
class Element:
    """One element; `parent` is None for the document itself."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None = None
    children: list[Element | str] = field(default_factory=list)

    def get(self, attribute: str) -> str | None:
        """The attribute's value, "" where it has none (`checked`), None where it is absent."""
        return self.attributes.get(attribute)

    def descendants(self, *tags: str) -> Iterator[Element]:
        """All elements inside with one of these tags (all when none is given), in document order."""
        ahead = self.children[::-1]
        while ahead:
            child = ahead.pop()
            if isinstance(child, Element):
                if not tags or child.tag in tags:
                    yield child
                ahead += child.children[::-1]

    def closest(self, tag: str) -> Element | None:
        """This element or the nearest around it with that tag."""
        at: Element | None = self
        while at is not None and at.tag != tag:
            at = at.parent
        return at

    @property
    def text(self) -> str:
        """The text inside, white space folded."""
        return " ".join(self._raw_text().split())

    def _raw_text(self) -> str:
        return "".join(
            child if isinstance(child, str) else child._raw_text() for child in self.children
        )


class _TreeBuilder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.document = Element("#document", {})
        self._at = self.document

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self._at)
        self._at.children.append(element)
        if tag not in VOID:
            self._at = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        opened = self._at.closest(tag)
        if tag not in VOID and opened is not None and opened.parent is not None:
            self._at = opened.parent

    def handle_data(self, data: str) -> None:
        self._at.children.append(data)


def parse(html: str) -> Element:
    """The document as a tree."""
    builder = _TreeBuilder()
    builder.feed(html)
    builder.close()
    return builder.document
