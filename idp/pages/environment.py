"""Jinja, once per language: what is known when a template is compiled is not asked again on every page.

A page has some thirty sentences. `_("Volgende")` and `asset("ui.css")` come to the same on every page of a language,
so their results stand in the compiled template, where `{{ _("Volgende") }}` becomes part of the text around it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from flask import Flask, current_app
from flask.templating import Environment
from jinja2 import Template, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from idp.pages import assets, wording
from idp.pages.wording import Language

Known = Callable[[str], str]


class PageEnvironment(Environment):
    """An environment that evaluates calls of known functions with one constant while it compiles."""

    known: Mapping[str, Known] = {}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        folded: nodes.Template = _Fold(self.known).visit(tree)
        return folded


class _Fold(NodeTransformer):
    """Puts the result in the place of the call."""

    def __init__(self, known: Mapping[str, Known]) -> None:
        self._known = known

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802  # the visitor's name for it
        match node:
            case nodes.Call(
                node=nodes.Name(name=str(name)), args=[nodes.Const(value=str(text))], kwargs=[]
            ) if name in self._known:
                return nodes.Const(self._known[name](text), lineno=node.lineno)
        return self.generic_visit(node)


def init_app(app: Flask) -> None:
    """One environment per language, with everything that was added to the application's own."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    shelf = app.extensions["idp.assets"]
    app.extensions["idp.pages"] = {
        language: _speaking(app.jinja_env, language, shelf) for language in get_args(Language)
    }


def template(name: str) -> Template:
    """A template in the language of this request; `TemplateNotFound` when there is none."""
    environments: dict[Language, Environment] = current_app.extensions["idp.pages"]
    return environments[wording.language()].get_template(name)


def _speaking(base: Any, language: Language, shelf: assets.Shelf) -> PageEnvironment:
    sentences = wording.catalogue(language)
    environment: PageEnvironment = base.overlay()
    environment.known = {
        # as Jinja's own gettext does it: a sentence is always a format, also without values
        "_": lambda sentence: Markup(sentences.gettext(sentence)) % {},  # noqa: S704  # our own sentence
        "asset": lambda name: shelf.addresses.get(name, ""),
    }
    return environment
