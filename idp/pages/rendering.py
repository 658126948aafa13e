"""`show`: one page, from its contract name to a response."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, request
from jinja2 import FileSystemLoader, TemplateNotFound

from idp import settings
from idp.pages import environment, error_copy, form_copy, headers, moments, wording

TEMPLATES: Final = Path(__file__).parent / "templates"


def init_app(app: Flask) -> None:
    """Find our templates and give them what they always need."""
    app.jinja_loader = FileSystemLoader(TEMPLATES)
    app.jinja_environment = environment.PageEnvironment
    app.add_template_global(method_name)
    moments.init_app(app)


def show(
    page: str,
    *,
    status: int = 200,
    error: str | None = None,
    field_errors: Mapping[str, str] | None = None,
    form_action: Iterable[str] = (),
    frames: Iterable[str] = (),
    signing_in_for: str | None = None,
    back: str | None = None,
    **context: Any,
) -> Response:
    """Render a page of `docs/contract.md`.

    `page` is its `data-page`, `error` its `data-error`. `field_errors` maps a field's id to a translated sentence, `""`
    to one about the form as a whole; a known error that names no sentence gets its own. `form_action` are the further
    origins, already validated, where a post from this page may end, and `frames` the validated pages of others that
    it loads; no other page frames anything. `back` is an address for a link back.
    """
    headers.allow_form_targets(form_action)
    headers.allow_frames(frames := tuple(frames))
    problems = dict(field_errors or {})
    if page == "error":
        error = error or context["kind"]
        context["copy"] = error_copy.error_page(error, context)
    elif error and not problems and (sentence := form_copy.sentence(error, context)):
        problems[""] = sentence
    name = "enrol" if page.startswith("enrol-") else page.replace("-", "_")
    body = environment.template(f"{name}.html").render(
        page=page,
        error=error,
        field_errors=problems,
        signing_in_for=signing_in_for,
        back=back,
        frames=frames,
        **_always(context),
    )
    return Response(body, status=int(status), mimetype="text/html")


def method_name(kind: str) -> str:
    """What people call a kind of step, as its own template says it; the password has none."""
    if kind == "wachtwoord":
        return wording.translate("wachtwoord")
    if kind == "herstelcode":
        return wording.translate("herstelcode")
    if kind == "passkey":
        return wording.translate("passkey, zonder wachtwoord")
    try:
        template = environment.template(f"factors/{kind}.html")
    except TemplateNotFound:
        return kind
    return str(template.make_module().name()).lower()  # type: ignore[attr-defined]  # a macro


def _always(context: dict[str, Any]) -> dict[str, Any]:
    """The context of every page, the view's own on top."""
    here = settings.current()
    dutch = wording.language() == "nl"
    return {
        "service_name": here.service_name,
        "service_tagline": here.service_tagline if dutch else here.service_tagline_en,
        "org_name": wording.organisation(here.org_name),
        "desk": {
            "name": here.servicedesk_name,
            "phone": here.servicedesk_phone,
            "phone_href": _phone_href(here.servicedesk_phone),
            "email": here.servicedesk_email,
            "hours": here.servicedesk_hours_nl if dutch else here.servicedesk_hours_en,
        },
        "lang": wording.language(),
        "other_language": wording.other_language(context.get("here") or request.full_path),
        "issuer": here.issuer,
        "person": None,
    } | context


def _phone_href(number: str) -> str:
    """`088 - 711 4888` as a `tel:` address (RFC 3966): with the country's code, so that it works from abroad."""
    digits = re.sub(r"[^\d+]", "", number)
    return f"tel:+31{digits[1:]}" if re.match(r"0[1-9]", digits) else f"tel:{digits}"
