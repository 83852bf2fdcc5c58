"""Signing up, when the answer is lost: who chose its token first loses nothing, and nobody else gains."""

from __future__ import annotations

import pytest
from marketplace import GRANT, Place
from test_clients import Through

from catallax.exchange.client import Client, Refused, new_token


def test_a_sign_up_that_is_tried_again_is_answered_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catallax.exchange.client._answers.pause", lambda trial, response=None: 0.0)
    transport = Through(place)
    with Client("http://exchange", transport=transport) as ann:
        transport.lost = 2
        party = ann.sign_up("ann")
        assert (party.name, party.balance, party.token, party.label) == ("ann", GRANT, ann.token, "first")
        assert ann.sign_up("ann") == party
        transport.lost = 3
        made = ann.new_token("for reading", ["read"])
        assert (made.scopes, len(ann.tokens().items)) == (("read",), 2)
        ann.revoke_token(party.id)
        with pytest.raises(Refused, match="taken"):
            ann.sign_up("ann")
    with Client("http://exchange", made.token, transport=Through(place)) as reader:
        assert reader.me().scopes == ("read",)
    assert place.audit() == []


def test_nobody_else_is_answered(place: Place) -> None:
    token = new_token()
    body = {"name": "ann", "token": token}
    assert place.ok("", "POST", "/parties", body)["token"] == token
    assert token not in place.refused(409, "taken", "", "POST", "/parties", body | {"token": new_token()})["detail"]
    assert place.refused(409, "taken", "", "POST", "/parties", {"name": "ann"})["field"] == "name"
    assert place.refused(409, "taken", "", "POST", "/parties", body | {"name": "bob"})["field"] == "token"
    poor = body | {"name": "cid", "token": "cx_" + "abcdefgh" * 5 + "abc"}
    assert place.refused(422, "bad-token", "", "POST", "/parties", poor)["field"] == "token"
    short = body | {"name": "cid", "token": "cx_password"}
    assert "password" not in str(place.refused(422, "string-pattern-mismatch", "", "POST", "/parties", short))


def test_a_chosen_token_is_kept_as_a_hash_alone(place: Place) -> None:
    token = place.ok("", "POST", "/parties", {"name": "ann", "token": new_token()})["token"]
    place.tokens["ann"] = token
    second = new_token()
    place.ok("ann", "POST", "/me/tokens", {"label": "t", "scopes": ["read"], "token": second}, "the-same-key")
    again = place.call("ann", "POST", "/me/tokens", {"label": "t", "scopes": ["read"], "token": second}, "the-same-key")
    assert again.headers["Idempotency-Replayed"] == "true" and second not in again.text
    with place.store.engine.connect() as connection:
        raw = connection.connection.driver_connection
        tables = ("token", "answered", "event", "party")
        cursor = raw.cursor()
        kept = ""
        for table in tables:
            cursor.execute(f"SELECT * FROM {table}")
            kept += str(cursor.fetchall())
    assert "first" in kept and not [text for text in (token, second) if text in kept]
