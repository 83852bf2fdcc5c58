"""Parties, money and tokens."""

from __future__ import annotations

from collections.abc import Sequence

from catallax.exchange.client._call import Call, method
from catallax.exchange.client._records import Movement, Page, Party, Payment, Purse, Token, TokenRow
from catallax.exchange.client._secrets import new_token


class PartyCalls:
    """Calls about oneself and one's money."""

    @method
    @staticmethod
    def _sign_up(name: str, token: str) -> Call[Party]:
        return Call("POST", "/parties", {"name": name, "token": token})

    @method
    @staticmethod
    def me() -> Call[Purse]:
        """Name, scopes and money."""
        return Call("GET", "/me")

    @method
    @staticmethod
    def statement(after: int = 0, limit: int = 50, newest: bool = False) -> Call[Page[Movement]]:
        """Every movement on one's account."""
        return Call("GET", "/me/statement", query={"after": after, "limit": limit, "newest": newest})

    @method
    @staticmethod
    def tokens(after: int = 0, limit: int = 50, newest: bool = False) -> Call[Page[TokenRow]]:
        """One's tokens, without their texts."""
        return Call("GET", "/me/tokens", query={"after": after, "limit": limit, "newest": newest})

    @method
    @staticmethod
    def new_token(label: str, scopes: Sequence[str], expires: int | None = None, token: str = "") -> Call[Token]:
        """Make a token.

        Args:
            label: what it is for.
            scopes: what it may do; of those one has.
            expires: when it ends, milliseconds since 1970; None for never.
            token: its text; a new one by default. It is chosen here, so that it is not lost with an answer.
        """
        known = {"token": token or new_token()}
        body = {"label": label, "scopes": list(scopes), "expires": expires}
        return Call("POST", "/me/tokens", body | known, known=known)

    @method
    @staticmethod
    def revoke_token(number: int) -> Call[None]:
        """End a token of one's own."""
        return Call("DELETE", f"/me/tokens/{number}")

    @method
    @staticmethod
    def admit(name: str, token: str = "") -> Call[Party]:
        """Admit a party, with a first token; for administrators.

        Args:
            name: of the party.
            token: its text, as in `new_token`.
        """
        known = {"token": token or new_token()}
        return Call("POST", "/admissions", {"name": name} | known, known=known)

    @method
    @staticmethod
    def pay(party: str, amount: int) -> Call[Payment]:
        """Pay micro-credits in for a party, or, below 0, out; for administrators."""
        return Call("POST", "/payments", {"party": party, "amount": amount})
