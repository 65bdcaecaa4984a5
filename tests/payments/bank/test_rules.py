"""Whose money it is, on both sides of each boundary; and what holds for every line there can be."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hospes.payments.bank import rules
from hospes.payments.bank.rules import ALWAYS_ASK, CERTAIN, Kind, Moved, Owed, Payer, Proposal, Seen, Why

ANNA, BRAM = Payer(1, 10001, "Anna de Wit"), Payer(2, 10002, "Bakkerij Bram B.V.")
FIRST, SECOND = Owed(11, "F2026-00001", 1, 5000), Owed(12, "F2026-00002", 1, 2500)
OTHER, PAID = Owed(21, "F2026-00003", 2, 5000), Owed(31, "F2026-00009", 1, 0)


def seen(cents: int = 5000, text: str = "", **words: Any) -> Seen:
    return Seen(cents, text, **({"name": "iemand anders", "account": "NL20INGB0001234567"} | words))


def found(
    what: Seen, *owed: Owed, known: tuple[int, ...] = (), named: dict[str, Why] | None = None
) -> list[Proposal]:
    numbers = rules.numbers_in(what.text, ["F"]) if named is None else named
    return rules.incoming(what, owed=owed, named=numbers, payers={1: ANNA, 2: BRAM}, known=known)


def best(what: Seen, *owed: Owed, **words: Any) -> Proposal:
    return found(what, *owed, **words)[0]


# --- the boundary between what is booked and what is asked ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "known", "score", "is_certain"),
    [
        (seen(text="F2026-00001"), (), 90, True),  # number and amount
        (seen(4999, "F2026-00001"), (), 60, False),  # a cent less
        (seen(5001, "F2026-00001"), (), 60, False),  # a cent more
        (seen(4999, "F2026-00001"), (1,), 90, True),  # a part, from the account of the customer
        (seen(4999, "F2026-00001", name="A. de Wit"), (), 70, False),  # a name is no account
        (seen(4999, "F2026-00001 klant 10001", name="Anna de Wit"), (), 90, True),  # name and customer number make up for it
        (seen(4999, "F2026-00001 klant 10001"), (), 80, False),
        (seen(text="F2026-00001"), (2,), 70, False),  # another customer's account: a person looks
        (seen(text="F2026-00001"), (1, 2), 100, True),  # shared with somebody else
        (seen(text="2026-00001"), (), 70, False),  # the digits only
        (seen(text="2026-00001"), (1,), 100, True),
        (seen(), (1,), 60, False),  # account and amount
        (seen(name="Anna de Wit", text="klant 10001"), (1,), 90, True),
        (seen(name="Anna de Wit"), (1,), 70, False),
        (seen(name="Anna de Wit"), (), 40, False),
    ],
)  # fmt: skip
def test_what_is_certain_and_what_is_a_cent_or_a_word_short_of_it(
    what: Seen, known: tuple[int, ...], score: int, is_certain: bool
) -> None:
    one = best(what, FIRST, known=known)
    assert (one.kind, one.score, one.is_certain) == (Kind.INVOICE, score, is_certain)
    assert one.score == rules.score(one.why)


def test_certain_is_from_its_score_on() -> None:
    proposal = Proposal(Kind.INVOICE, CERTAIN, ())
    assert proposal.is_certain
    assert not Proposal(Kind.INVOICE, CERTAIN - 1, ()).is_certain
    assert CERTAIN > ALWAYS_ASK


def test_the_structured_reference_alone_and_the_amount_are_all() -> None:
    assert best(seen(), FIRST, named={"F2026-00001": Why.STRUCTURED}).score == 100
    assert best(seen(4999), FIRST, named={"F2026-00001": Why.STRUCTURED}).score == 70


def test_a_part_is_booked_and_what_is_more_is_a_balance() -> None:
    assert best(seen(4000, "F2026-00001"), FIRST, known=(1,)).shares == ((11, 4000),)
    more = best(seen(6000, "F2026-00001"), FIRST, known=(1,))
    assert (more.shares, more.left, Why.MORE in more.why) == (((11, 5000),), 1000, True)


def test_several_of_one_customer_are_paid_in_their_order() -> None:
    both = best(seen(7500, "F2026-00002 F2026-00001"), FIRST, SECOND)
    assert (both.shares, both.is_certain) == (((11, 5000), (12, 2500)), True)
    part = best(seen(6000, "F2026-00002 F2026-00001"), FIRST, SECOND)
    assert (part.shares, part.is_certain) == (((11, 5000), (12, 1000)), False)


def test_two_customers_in_one_text_are_never_certain() -> None:
    for one in found(seen(5000, "F2026-00001 F2026-00003"), FIRST, OTHER, known=(1,)):
        assert not one.is_certain
    for one in found(seen(5000, "F2026-00001 F2026-00003"), FIRST, OTHER):
        assert not one.is_certain


def test_two_open_for_the_same_amount_are_both_proposed() -> None:
    same = Owed(13, "F2026-00004", 1, 5000)
    said = found(seen(name="Anna de Wit", text="klant 10001"), FIRST, same, known=(1,))
    assert [each.shares for each in said] == [((11, 5000),), ((13, 5000),)]
    assert {each.score for each in said} == {70}  # 90 for one alone


def test_an_invoice_that_was_paid_already_is_a_balance_and_asked() -> None:
    one = best(seen(5000, "F2026-00009"), PAID, known=(1,))
    assert (one.kind, one.left, one.score, one.is_certain) == (Kind.BALANCE, 5000, ALWAYS_ASK, False)
    assert Why.PAID_ALREADY in one.why


def test_of_somebody_unknown_nothing_is_proposed_but_the_same_amount() -> None:
    assert found(seen(5000, "bedankt")) == []
    assert found(seen(4000, "bedankt"), FIRST) == []
    assert best(seen(5000, "bedankt"), FIRST).score == 30


def test_a_customer_who_is_known_and_owes_more_pays_the_oldest_first() -> None:
    one = best(seen(6000), FIRST, SECOND, known=(1,))
    assert (one.shares, one.score) == (((11, 5000), (12, 1000)), 30)


# --- what people write ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("F2026-00042", Why.NUMBER), ("f2026-42", Why.NUMBER), ("Factuur F 2026 00042.", Why.NUMBER), ("F202600042", Why.NUMBER),
        ("nr F2026/00042, dank", Why.NUMBER), ("F.2026.00042", Why.NUMBER), ("2026-00042", Why.BARE_NUMBER),
        ("betreft 202600042", Why.BARE_NUMBER), ("XF2026-00042", None), ("F2026-000423", None), ("12026-00042", None),
        ("F1926-00042", None), ("", None), ("F", None),
    ],
)  # fmt: skip
def test_a_number_however_it_is_typed(text: str, why: Why | None) -> None:
    assert rules.numbers_in(text, ["F"]).get("F2026-00042") == why


def test_without_prefixes_there_are_no_numbers() -> None:
    assert rules.numbers_in("F2026-00042 2026-00042", []) == {}


@pytest.mark.parametrize(
    ("reference", "number"),
    [
        ("F2026-00042", "F2026-00042"), ("f202600042", "F2026-00042"), ("RF", ""), ("RF00F202600042", ""), ("4654654654654654", ""),
        ("F2026-00042X", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_structured_reference(reference: str, number: str) -> None:
    assert rules.structured_number(reference, ["F"]) == number


def test_an_iso_11649_reference_is_believed_when_its_digits_are_right() -> None:
    right = [
        f"RF{n:02d}F202600042" for n in range(100) if rules.structured_number(f"RF{n:02d}F202600042", ["F"])
    ]
    assert right == ["RF" + right[0][2:4] + "F202600042"]  # one of the hundred
    assert rules.structured_number(f"{right[0][:4]} F202 6000 42", ["F"]) == "F2026-00042"


@pytest.mark.parametrize(
    ("one", "other", "is_alike"),
    [
        ("Hr A. de Wit", "Anna de Wit", True), ("BAKKERIJ BRAM BV", "Bakkerij Bram B.V.", True), ("Wit", "Anna de Wit", True),
        ("Anna de Groot", "Anna de Wit", False), ("De heer van den Berg", "", False), ("", "", False), ("A.B.", "A.B.", False),
        ("Müller Kraakhof", "Kraakhof muller", True),
    ],
)  # fmt: skip
def test_names(one: str, other: str, is_alike: bool) -> None:
    assert rules.alike(one, other) is rules.alike(other, one) is is_alike


@pytest.mark.parametrize(
    ("text", "named"), [("klant 10001", True), ("110001", False), ("100012", False), ("10001", True)]
)
def test_a_customer_number_stands_by_itself(text: str, named: bool) -> None:
    assert rules.names_customer(text, 10001) is named


# --- what went out, and came back -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "score"),
    [
        (seen(-5000, "Creditfactuur C2026-00001"), 90), (seen(-5000, "terug"), 30), (seen(-5000, account="NL02RABO0123456789"), 60),
        (seen(-5000, "c202600001", account="NL02RABO0123456789"), 100), (seen(-5000, name="Anna de Wit"), 40),
    ],
)  # fmt: skip
def test_a_refund_is_found_by_amount_number_account_and_name(what: Seen, score: int) -> None:
    one = Moved(7, 1, -5000, frozenset({"C202600001"}), frozenset({"NL02RABO0123456789"}), "Anna de Wit")
    [proposal] = rules.matching(what, Kind.REFUND, [one])
    assert (proposal.score, proposal.about_id, proposal.customer_id) == (score, 7, 1)
    assert rules.matching(Seen(what.cents - 1, what.text), Kind.REFUND, [one]) == []


def test_what_undoes_an_earlier_line_is_always_asked() -> None:
    one = Moved(
        7, 1, -5000, accounts=frozenset({"NL20INGB0001234567"}), name="Anna", references=frozenset({"E1"})
    )
    [proposal] = rules.matching(
        seen(-5000, end_to_end="E1", name="Anna"), Kind.REVERSAL, [one], most=ALWAYS_ASK
    )
    assert (proposal.score, proposal.is_certain) == (ALWAYS_ASK, False)


# --- for every line -------------------------------------------------------------------------------------------------------

_OWED = st.builds(
    Owed, st.integers(1, 50), st.integers(1, 9).map(lambda n: f"F2026-0000{n}"), st.sampled_from([1, 2]), st.integers(0, 9000)
)  # fmt: skip
_TEXT = st.lists(
    st.sampled_from(["F2026-00001", "F2026-00002", "2026-00003", "10001", "10002", "bedankt"]), max_size=4
).map(" ".join)


@given(
    cents=st.integers(1, 12_000), text=_TEXT, owed=st.lists(_OWED, max_size=6, unique_by=(lambda o: o.id, lambda o: o.number)),
    name=st.sampled_from(["Anna de Wit", "Bakkerij Bram", ""]), known=st.sets(st.sampled_from([1, 2])),
)  # fmt: skip
def test_no_cent_is_lost_and_never_more_than_one_is_certain(
    cents: int, text: str, owed: list[Owed], name: str, known: set[int]
) -> None:
    open_cents = {each.id: each.cents for each in owed}
    of = {each.id: each.customer_id for each in owed}
    said = found(seen(cents, text, name=name), *owed, known=tuple(known))
    assert sum(each.is_certain for each in said) <= 1
    assert [each.score for each in said] == sorted((each.score for each in said), reverse=True)
    for each in said:
        assert sum(part for _pk, part in each.shares) + each.left == cents
        assert all(0 < part <= open_cents[pk] and of[pk] == each.customer_id for pk, part in each.shares)
        assert 0 <= each.score <= 100
        if each.is_certain:  # there is never a match on one thing alone
            assert len({why for why in each.why if rules.POINTS[why] > 0}) >= 2


@given(st.integers(0, 10**6), st.lists(_OWED, max_size=6))
def test_money_is_shared_out_up_to_what_is_open(cents: int, owed: list[Owed]) -> None:
    shares, left = rules.share(cents, owed)
    assert sum(part for _pk, part in shares) + left == cents
    assert left == max(cents - sum(each.cents for each in owed), 0)
