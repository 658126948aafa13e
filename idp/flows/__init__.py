"""Signing in and first set-up, page by page, and the portal: from the front door to `finish`.

Never imports `oidc`: a request of an application is a login transaction with demands and an address to return to.
"""

from __future__ import annotations

from flask import Flask

from idp.flows import (
    activation,
    demo_phone,
    enrolment,
    forgotten_password,
    front_door,
    manuals,
    new_password,
    own_data,
    own_mail,
    own_methods,
    own_password,
    own_recovery_codes,
    own_security,
    own_sessions,
    portal,
    recovery,
    refusals,
    second_factor,
    sign_in,
    sign_out,
)


def init_app(app: Flask) -> None:
    """Register the front door, every page of the walk, and how refusals look."""
    front_door.init_app(app)
    refusals.init_app(app)
    for room in (sign_in, activation, enrolment, second_factor, recovery, new_password):
        app.register_blueprint(room.pages)
    for room in (portal, sign_out, own_recovery_codes, forgotten_password, own_mail):
        app.register_blueprint(room.pages)
    for room in (own_security, own_methods, own_sessions, own_password, own_data):
        app.register_blueprint(room.pages)
    app.register_blueprint(manuals.pages)
    here = app.config["IDP"]
    if "outbox" in {*here.sms_gateway, *here.voice_gateway, here.mail_gateway}:
        app.register_blueprint(demo_phone.pages)
