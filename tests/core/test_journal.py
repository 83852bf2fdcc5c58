"""The double-entry journal, in memory and on disk."""

import random

import pytest

from catallax.core import Journal


def random_walk(journal, seed, steps):
    """Endowments and random payments, some of them refused; deterministic in the seed and the balances."""
    luck = random.Random(seed)
    for name in "abc":
        journal.post({"mint": -100, name: 100}, f"endow {name}", "endow")
    for step in range(steps):
        payer, payee = luck.sample("abc", 2)
        amount = luck.randint(0, 60)
        if journal[payer] >= amount:  # depends on the balance at that moment
            held = journal.hold(payer, amount, f"{step}/hold")
            journal.post({held: -amount, payee: amount}, f"{step}/pay", "pay", f"{step}/hold")
    return journal


def test_a_key_counts_once_and_balances_are_what_was_posted():
    journal = random_walk(Journal(), 0, 50)
    before = dict(journal.balances)
    assert not journal.post({"mint": -100, "a": 100}, "endow a", "endow")
    with pytest.raises(ValueError, match="was posted as"):
        journal.post({"mint": -1, "a": 1}, "endow a", "endow")
    assert journal.balances == before and journal.audit() == 0 and not journal.held
    assert journal["mint"] == -300 and min(journal[name] for name in "abc") >= 0


@pytest.mark.parametrize(
    ("entries", "error", "told"),
    [
        ({"a": -101, "b": 101}, ValueError, "'a' has 100 micro-credits and was to pay 101"),
        ({"a": -1, "b": 2}, ValueError, "add up to 0"),
        ({"a": -1, "b@usd": 1}, ValueError, "add up to 0"),
        ({"a": -1.0, "b": 1.0}, TypeError, "whole|Mapping"),
        ({"a": True, "b": -1}, TypeError, "whole|Mapping"),
    ],
)
def test_refusals_change_nothing(entries, error, told):
    journal = Journal()
    journal.post({"mint": -100, "a": 100}, "endow")
    with pytest.raises(error, match=told):
        journal.post(entries, "wrong")
    assert journal.balances == {"mint": -100, "a": 100} and len(journal) == 1


def test_currencies_do_not_mix():
    journal = Journal()
    journal.post({"operator@usd": -5, "provider@usd": 5, "mint": -1, "ann": 1}, "bill")
    assert journal.imbalance == 0 and journal["operator@usd"] == -5


def test_audit_sees_a_balance_that_was_tampered_with():
    journal = random_walk(Journal(), 1, 5)
    journal._balances["a"] += 1
    with pytest.raises(ValueError, match="differ"):
        journal.audit()


def test_cut_anywhere_and_run_again_it_is_the_same_journal(tmp_path):
    whole = random_walk(Journal(tmp_path / "whole"), 2, 30)
    content = (tmp_path / "whole").read_bytes()
    cut = tmp_path / "cut"
    for end in range(0, len(content) + 1, 37):
        cut.write_bytes(content[:end])
        with Journal.rerun(cut) as journal:
            recorded = len(journal.waiting)
            random_walk(journal, 2, 30)
            assert not journal.waiting and journal.transactions == whole.transactions
            assert recorded <= len(journal)
        assert cut.read_bytes() == content
    with Journal(cut) as journal:
        assert journal.balances == whole.balances and journal.audit() == 0


def test_a_rerun_on_another_course_is_refused_and_writes_nothing(tmp_path):
    path = tmp_path / "journal"
    random_walk(Journal(path), 5, 6).close()
    content = path.read_bytes()
    with Journal.rerun(path) as journal:
        with pytest.raises(ValueError, match="another course"):
            journal.post({"mint": -1, "ann": 1}, "new")
        assert not len(journal) and path.read_bytes() == content
        random_walk(journal, 5, 6)
        assert journal.post({"mint": -1, "ann": 1}, "new")
    assert path.read_bytes().startswith(content) and path.read_bytes() != content


def test_a_damaged_file_is_refused_and_a_file_has_one_writer(tmp_path):
    path = tmp_path / "journal"
    random_walk(Journal(path), 3, 5).close()
    lines = path.read_bytes().splitlines(keepends=True)
    for damage in (b"{", lines[0].replace(b"100", b"101", 1), lines[0]):
        path.write_bytes(b"".join([lines[0], damage.strip() + b"\n", *lines[1:]]))
        with pytest.raises(ValueError, match="line 2 is damaged"):
            Journal(path)
    path.write_bytes(b"".join(lines))
    with Journal(path), pytest.raises(BlockingIOError, match="another process"):
        Journal(path)


def test_a_full_disk_leaves_no_half_line(tmp_path, monkeypatch):
    import catallax.core._journal as module

    journal = random_walk(Journal(tmp_path / "journal"), 4, 3)
    written = module.os.write
    monkeypatch.setattr(module.os, "write", lambda file, line: written(file, line[:5]))
    with pytest.raises(OSError, match="only a part"):
        journal.post({"mint": -1, "a": 1}, "lost")
    monkeypatch.undo()
    journal.post({"mint": -1, "a": 1}, "kept")
    journal.close()
    again = Journal(tmp_path / "journal")
    assert again.balances == journal.balances and again.transactions == journal.transactions
