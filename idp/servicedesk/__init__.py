"""The Servicedesk's desk: what colleagues see of relations, people and applications, and how they help.

Nobody takes an account over here: no impersonation, no secret is ever read. Functions are free of Flask, so that
pages, admin API and the operator's line ask the same ones; only `desk.py` and the pages see a request.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register every page of the desk."""
    # The pages come in here, so that a verb of the operator's line that asks a function opens none of them.
    from idp.servicedesk import (
        access_pages,
        account_forms,
        account_pages,
        application_client_pages,
        application_pages,
        colleague_pages,
        crossing,
        diagnosis_pages,
        front,
        letter_pages,
        log_pages,
        relation_data_pages,
        relation_pages,
        request_pages,
    )

    for page in (
        crossing,
        front,
        relation_pages,
        relation_data_pages,
        account_pages,
        account_forms,
        request_pages,
        diagnosis_pages,
        application_pages,
        application_client_pages,
        access_pages,
        letter_pages,
        log_pages,
        colleague_pages,
    ):
        app.register_blueprint(page.pages)
