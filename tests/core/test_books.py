"""Books of whole micro-credits on the host."""

import pytest

from catallax.core import Books, to_credits, to_micro


def test_every_entry_has_two_sides():
    books = Books()
    books.transfer("house", "ann", to_micro(2.5))
    books.transfer("ann", "bob", 1)
    assert books.balances == {"house": -2_500_000, "ann": 2_499_999, "bob": 1}
    assert books.imbalance == 0
    assert to_credits(books["bob"]) == 1e-6


@pytest.mark.parametrize(
    ("payer", "payee", "amount", "error", "told"),
    [
        ("ann", "bob", 6, ValueError, "was to pay"),
        ("ann", "bob", -1, ValueError, "swap payer and payee"),
        ("ann", "ann", 1, ValueError, "itself"),
        ("ann", "bob", True, TypeError, "whole"),
        ("cid", "bob", 1, KeyError, "no account"),
    ],
)
def test_refusals_change_nothing(payer, payee, amount, error, told):
    books = Books()
    books.transfer("house", "ann", 5)
    before = books.balances
    with pytest.raises(error, match=told):
        books.transfer(payer, payee, amount)
    assert books.balances == before


def test_amounts_must_be_finite():
    for amount in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="finite"):
            to_micro(amount)
