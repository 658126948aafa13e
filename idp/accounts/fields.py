"""What a user name and a mail address may be."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from idp.errors import WrongInput

_USERNAME: Final = re.compile(r"[^\s\x00-\x1f\x7f]{1,100}")


#: What mail programs make a link of, in our own mails too.
_LINK: Final = re.compile(r"://|\bwww\.", re.IGNORECASE)


def is_name(text: str) -> bool:
    """Whether a person or an organisation can be called that: one line that can be shown, without a link in it."""
    return 0 < len(text) <= 200 and text.isprintable() and _LINK.search(text) is None


def checked_username(typed: str) -> str:
    """A user name as it is kept; `WrongInput` when it cannot be one."""
    username = unicodedata.normalize("NFKC", typed).strip()
    if not _USERNAME.fullmatch(username):
        raise WrongInput("a user name has 1 to 100 characters and no spaces")
    return username


def is_mail_address(text: str) -> bool:
    """Whether this can be one; whether mail arrives there nobody knows."""
    return re.fullmatch(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}", text) is not None


def checked_email(text: str) -> str:
    """A mail address as it is kept; `WrongInput` when it cannot be one."""
    text = text.strip()
    if not is_mail_address(text):
        raise WrongInput("that is not a mail address")
    return text
