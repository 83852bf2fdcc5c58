"""Secrets that the caller chooses, so that none is lost with an answer."""

from __future__ import annotations

import base64
import secrets


def new_token() -> str:
    """A token nobody else has: `cx_` and 256 random bits.

    >>> len(new_token())
    46
    """
    return "cx_" + secrets.token_urlsafe(32)


def new_secret() -> str:
    """A secret that signs what a webhook is told: `whsec_` and 256 random bits.

    >>> len(new_secret())
    50
    """
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
