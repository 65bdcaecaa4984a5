"""
Whose money a line on a bank statement is, with a score and its reasons; and whether statements add up and follow
one another. Pure.

A proposal's score is the sum of what speaks for it and against it, from 0 to 100. From `CERTAIN` on it is booked by itself; below
it a person is asked. No single thing makes certain: a number is typed wrong, two customers owe the same, an account is shared.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hospes.customers.words import folded
from hospes.payments.bank.reading import Statement

#: From this score on what is proposed is booked without anybody having looked.
CERTAIN: Final = 90
#: What would only be a guess is not proposed; and so many proposals are enough for a person.
LEAST: Final = 20
MOST: Final = 5
#: What speaks for a whole and exact match but is not an invoice that is open: never booked by itself.
ALWAYS_ASK: Final = CERTAIN - 5


class Why(StrEnum):
    """What speaks for a match, or against it."""

    STRUCTURED = "structured"  # the structured reference is the number
    NUMBER = "number"  # the number stands in the text
    BARE_NUMBER = "bare_number"  # without the letters before it
    AMOUNT = "amount"  # to the cent
    ACCOUNT = "account"  # the customer paid from this account before
    NAME = "name"
    CUSTOMER_NUMBER = "customer_number"
    END_TO_END = "end_to_end"  # the reference of what came back
    OTHER_ACCOUNT = "other_account"  # another customer paid from this account before
    SEVERAL = "several"  # several fit as well
    PART = "part"  # less than is open
    MORE = "more"  # more than is open
    PAID_ALREADY = "paid_already"
    OUR_ACCOUNT = "our_account"
    PROVIDER = "provider"
    BY_HAND = "by_hand"


POINTS: Final[Mapping[Why, int]] = {
    Why.STRUCTURED: 70, Why.NUMBER: 60, Why.BARE_NUMBER: 40, Why.END_TO_END: 60, Why.AMOUNT: 30, Why.ACCOUNT: 30, Why.NAME: 10,
    Why.CUSTOMER_NUMBER: 20, Why.OTHER_ACCOUNT: -20, Why.SEVERAL: -20, Why.PART: 0, Why.MORE: 0, Why.PAID_ALREADY: 0,
    Why.OUR_ACCOUNT: 100, Why.PROVIDER: 100, Why.BY_HAND: 0,
}  # fmt: skip


class Kind(StrEnum):
    """What a line, or a part of it, turns out to be."""

    INVOICE = "invoice"
    ORDER = "order"
    BALANCE = "balance"
    REFUND = "refund"  # of a credit note or a balance, by hand
    BOUNCE = "bounce"
    COLLECTED = "collected"
    RETURNED = "returned"
    CLAIM = "claim"
    REVERSAL = "reversal"
    PAYOUT = "payout"
    OWN = "own"
    OTHER = "other"


@dataclass(frozen=True)
class Seen:
    """What of a line is looked at."""

    cents: int
    text: str
    structured: str = ""
    end_to_end: str = ""
    name: str = ""
    account: str = ""
    reason: str = ""
    is_reversal: bool = False


@dataclass(frozen=True)
class Owed:
    """An invoice that may be meant, or a credit note to be paid back: `cents` is what is open on it (0: nothing any more)."""

    id: int
    number: str
    customer_id: int
    cents: int


@dataclass(frozen=True)
class Payer:
    """A customer, as far as it can be told who paid."""

    id: int
    number: int
    name: str


@dataclass(frozen=True)
class Proposal:
    """
    Whose a line may be: `shares` are invoices with cents in the order of paying; what is `left` becomes the customer's balance.

    `about_id` is the row that it is about, `of` what kind of row where a kind of line has several.
    """

    kind: Kind
    score: int
    why: tuple[Why, ...]
    customer_id: int | None = None
    shares: tuple[tuple[int, int], ...] = ()
    left: int = 0
    about_id: int | None = None
    of: str = ""

    @property
    def is_certain(self) -> bool:
        return self.score >= CERTAIN


# --- reading what people write --------------------------------------------------------------------------------------------


def compact(text: str) -> str:
    """Letters and digits only, in capitals: how a number is compared."""
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def numbers_in(text: str, prefixes: Collection[str]) -> dict[str, Why]:
    """
    The numbers of documents in a text, as they are written in the books (F2026-00042), however they were typed.

    One without its letters ("2026-00042", "202600042") says less: it is given with every prefix.
    """
    found: dict[str, Why] = {}
    if not prefixes:
        return found
    upper = text.upper()
    some = "|".join(sorted(map(re.escape, prefixes), key=len, reverse=True))
    for prefix, year, rest in re.findall(
        rf"(?<![A-Z0-9])({some})[ .:-]?(20\d\d)[ ./-]?(\d{{1,9}})(?![0-9])", upper
    ):
        found[f"{prefix}{year}-{int(rest):05d}"] = Why.NUMBER
    for year, rest in re.findall(r"(?<![A-Z0-9-])(20\d\d)[ ./-]?(\d{5,9})(?![0-9])", upper):
        for prefix in prefixes:
            found.setdefault(f"{prefix}{year}-{int(rest):05d}", Why.BARE_NUMBER)
    return found


def structured_number(reference: str, prefixes: Collection[str]) -> str:
    """The number that a structured reference stands for: itself, or within an ISO 11649 reference (RF) that is right; else ""."""
    bare = compact(reference)
    if re.fullmatch(r"RF\d\d[A-Z0-9]{1,21}", bare):
        if int("".join(str(int(sign, 36)) for sign in bare[4:] + bare[:4])) % 97 != 1:
            return ""
        bare = bare[4:].lstrip("0")
    for prefix in prefixes:
        if match := re.fullmatch(rf"{re.escape(prefix)}(20\d\d)(\d{{1,9}})", bare):
            return f"{prefix}{match.group(1)}-{int(match.group(2)):05d}"
    return ""


_TITLES: Final = frozenset({
    "de", "den", "der", "van", "het", "ten", "ter", "te", "en", "of", "and", "the", "dhr", "hr", "mevr", "mw", "mr", "mrs", "ms",
    "ing", "ir", "drs", "dr", "bv", "nv", "vof", "cv", "eo", "cj",
})  # fmt: skip


def alike(one: str, other: str) -> bool:
    """Whether two names can be of the same: all words of the one are in the other, initials and titles left out."""
    words = [
        {word for word in folded(name) if word not in _TITLES and len(word) > 2} for name in (one, other)
    ]
    return bool(words[0] and words[1]) and (words[0] <= words[1] or words[1] <= words[0])


def names_customer(text: str, number: int) -> bool:
    """Whether a customer number stands in a text, by itself."""
    return re.search(rf"(?<!\d){number}(?!\d)", text) is not None


# --- what came in ---------------------------------------------------------------------------------------------------------


def score(why: Iterable[Why]) -> int:
    """From 0 to 100."""
    return max(0, min(100, sum(POINTS[each] for each in set(why))))


def incoming(
    seen: Seen,
    *,
    owed: Sequence[Owed],
    named: Mapping[str, Why],
    payers: Mapping[int, Payer],
    known: Collection[int],
) -> list[Proposal]:
    """
    What money that came in may be for, the best first.

    `owed`: invoices that are named, or open of customers who may have paid, or open for this amount, oldest first; `named`: the
    numbers in the text; `payers`: their customers; `known`: customers who paid from this account before.
    """
    by_customer: dict[int, list[Owed]] = {}
    for each in owed:
        by_customer.setdefault(each.customer_id, []).append(each)
    meant = {each.customer_id for each in owed if each.number in named and each.cents}
    found = []
    for customer_id in dict.fromkeys([*by_customer, *known]):
        person = _who(seen, payers.get(customer_id), known)
        mine = by_customer.get(customer_id, [])
        found += _for_named(seen, customer_id, mine, named, person, is_only=len(meant) < 2)
        if customer_id not in meant:
            found += _for_open(seen, customer_id, [each for each in mine if each.cents], person)
            found += _as_balance(seen, customer_id, mine, named, person)
    ranked = sorted(found, key=lambda each: (-each.score, each.kind != Kind.INVOICE, each.shares))
    return _told_apart([each for each in ranked if each.score >= LEAST])[:MOST]


def _who(seen: Seen, payer: Payer | None, known: Collection[int]) -> list[Why]:
    """What is known of who paid."""
    if payer is None:
        return []
    said = []
    if payer.id in known:
        said.append(Why.ACCOUNT)
    elif known:
        said.append(Why.OTHER_ACCOUNT)
    if alike(seen.name, payer.name):
        said.append(Why.NAME)
    if names_customer(seen.text, payer.number):
        said.append(Why.CUSTOMER_NUMBER)
    return said


def _for_named(
    seen: Seen,
    customer_id: int,
    mine: Sequence[Owed],
    named: Mapping[str, Why],
    person: list[Why],
    *,
    is_only: bool,
) -> list[Proposal]:
    meant = [each for each in mine if each.number in named and each.cents]
    if not meant:
        return []
    # Of several the one that says least counts: all of them have to be meant.
    how = min((named[each.number] for each in meant), key=lambda why: POINTS[why])
    why = [how, *person, *([] if is_only else [Why.SEVERAL, Why.OTHER_ACCOUNT])]
    return [_shared(seen, customer_id, meant, why)]


def _for_open(seen: Seen, customer_id: int, mine: Sequence[Owed], person: list[Why]) -> list[Proposal]:
    """Nobody named a number: one that is open for this amount, or all of them together, or else the oldest first."""
    if not mine:
        return []
    exact = [each for each in mine if each.cents == seen.cents]
    if exact:
        several = [Why.SEVERAL] if len(exact) > 1 else []
        return [_shared(seen, customer_id, [each], [*person, *several]) for each in exact]
    if not {Why.ACCOUNT, Why.CUSTOMER_NUMBER} & set(person):
        return []
    return [_shared(seen, customer_id, mine, person)]


def _shared(seen: Seen, customer_id: int, meant: Sequence[Owed], why: Sequence[Why]) -> Proposal:
    shares, left = share(seen.cents, meant)
    whole = sum(each.cents for each in meant)
    fits = Why.AMOUNT if whole == seen.cents else Why.PART if seen.cents < whole else Why.MORE
    reasons = tuple(dict.fromkeys([*why, fits]))
    return Proposal(Kind.INVOICE, score(reasons), reasons, customer_id, shares, left)


def share(cents: int, owed: Sequence[Owed]) -> tuple[tuple[tuple[int, int], ...], int]:
    """Divide money over what is owed, in that order, each up to what is open on it; and what is left."""
    shares = []
    for each in owed:
        part = min(cents, each.cents)
        if part > 0:
            shares.append((each.id, part))
            cents -= part
    return tuple(shares), cents


def _as_balance(
    seen: Seen, customer_id: int, mine: Sequence[Owed], named: Mapping[str, Why], person: list[Why]
) -> list[Proposal]:
    """A customer who is known and owes nothing that fits: their balance. A person says so, it may be of somebody else."""
    paid = [each for each in mine if each.number in named and not each.cents]
    if any(each.cents for each in mine) or not (paid or {Why.ACCOUNT, Why.CUSTOMER_NUMBER} & set(person)):
        return []
    why = [*([named[paid[0].number], Why.PAID_ALREADY] if paid else []), *person]
    return [Proposal(Kind.BALANCE, min(score(why), ALWAYS_ASK), tuple(why), customer_id, (), seen.cents)]


def _told_apart(ranked: list[Proposal]) -> list[Proposal]:
    """Two that are certain are not: a person decides between them."""
    certain = [each for each in ranked if each.is_certain]
    if len(certain) < 2:
        return ranked
    return [_less(each, Why.SEVERAL, ALWAYS_ASK) if each.is_certain else each for each in ranked]


def _less(proposal: Proposal, why: Why, most: int) -> Proposal:
    return Proposal(
        proposal.kind, min(proposal.score, most), tuple(dict.fromkeys([*proposal.why, why])), proposal.customer_id,
        proposal.shares, proposal.left, proposal.about_id, proposal.of,
    )  # fmt: skip


# --- what went out, and what came back ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moved:
    """
    Something that may be the other side: an order to be paid, a refund to be paid by hand, one that was, a direct debit, or an
    earlier line.

    `numbers` are those of its documents, in their compact form; `accounts` where its money came from or went to.
    """

    id: int
    customer_id: int | None
    cents: int
    numbers: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    name: str = ""
    references: frozenset[str] = frozenset()
    of: str = ""


def matching(seen: Seen, kind: Kind, others: Sequence[Moved], *, most: int = 100) -> list[Proposal]:
    """Those of the same amount, the best first; `most`: no score above it."""
    found = []
    text = compact(seen.text + " " + seen.structured)
    same = [each for each in others if each.cents == seen.cents]
    for each in same:
        why = [Why.AMOUNT]
        if any(re.search(rf"{number}(?!\d)", text) for number in each.numbers):
            why.append(Why.NUMBER)
        if seen.end_to_end and seen.end_to_end in each.references:
            why.append(Why.END_TO_END)
        if seen.account and seen.account in each.accounts:
            why.append(Why.ACCOUNT)
        if alike(seen.name, each.name):
            why.append(Why.NAME)
        found.append(
            Proposal(kind, min(score(why), most), tuple(why), each.customer_id, (), 0, each.id, each.of)
        )
    return _told_apart(sorted(found, key=lambda each: (-each.score, each.about_id or 0))[:MOST])


def debited(seen: Seen, kind: Kind, others: Sequence[Moved]) -> list[Proposal]:
    """
    Direct debits that a line names by their reference, whatever it comes to; certain is what is right to the cent.

    A bank may take what it refused off what it collected: then a person looks.
    """
    named = [each for each in others if seen.end_to_end in each.references]
    found = []
    for each in named:
        fits = (
            Why.AMOUNT
            if each.cents == seen.cents
            else Why.PART
            if abs(seen.cents) < abs(each.cents)
            else Why.MORE
        )
        why = (Why.END_TO_END, fits)
        found.append(Proposal(kind, score(why), why, each.customer_id, (), 0, each.id, each.of))
    return _told_apart(found[:MOST])


# --- whether it adds up ---------------------------------------------------------------------------------------------------


class Wrong(StrEnum):
    """What is wrong with a statement."""

    CURRENCY = "currency"
    ACCOUNT = "account"
    SUM = "sum"
    DATES = "dates"
    GAP = "gap"
    OVERLAP = "overlap"
    EMPTY_LINE = "empty_line"


def wrong_in_itself(statement: Statement, accounts: Collection[str]) -> Wrong | None:
    """What is wrong with one statement; `accounts` are the operator's own."""
    if statement.account not in accounts:
        return Wrong.ACCOUNT
    if statement.currencies != {"EUR"}:
        return Wrong.CURRENCY
    if statement.opened_on > statement.closed_on:
        return Wrong.DATES
    if any(not line.cents for line in statement.lines):
        return Wrong.EMPTY_LINE
    if statement.opening_cents + sum(line.cents for line in statement.lines) != statement.closing_cents:
        return Wrong.SUM
    return None


def wrong_after(before: Statement, statement: Statement) -> Wrong | None:
    """
    What is wrong with a statement as the next one: it begins before the other one ended, or with another balance than that had.

    Of the same day there can be several. A line of the last day may be booked on it in both.
    """
    days = [line.booked_on for line in statement.lines]
    if statement.closed_on < before.closed_on or any(day < before.closed_on for day in days):
        return Wrong.OVERLAP
    return Wrong.GAP if statement.opening_cents != before.closing_cents else None
