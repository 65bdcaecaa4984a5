"""Statements that nobody here wrote are read to the cent; what is broken or hostile is refused, with words, and tells no log."""

import logging
import re
import time
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycamt.parser import Camt053Parser

from hospes.payments.bank import rules
from hospes.payments.bank.reading import MOST_BYTES, BadFile, Line, Statement, read
from tests.payments.bank.paper import OURS, camt, line, statement
from tests.support.make import TODAY

FILES = Path(__file__).parent / "files"
CAMT = sorted(FILES.glob("*/*.xml"))
MT940 = sorted(FILES.glob("*/*.sta"))
NOT_READ = {"camt053.v2.wrong.xml", "valid_example_with_datetime.xml"}  # no statement in it; no balances
#: Of these pycamt takes the amount in a detail, which is in another currency or of nothing, for that of the entry.
OTHER_AMOUNT = {"camt053.v3.xml", "camt053.v4.xml", "camt053.v8.xml"}


def lines_of(path: Path) -> list[Line]:
    return [each for one in read(path.read_bytes()) for each in one.lines]


def by_pycamt(path: Path) -> list[tuple[int, str]]:
    """What the other library reads: cents with their sign, and the reference of the payer."""
    found = []
    for each in Camt053Parser(path.read_bytes()).get_transactions():
        cents = round(float(each["Amount"]) * 100)
        reference = each.get("EndToEndId") or ""
        found.append((
            cents if each["CreditDebitIndicator"] == "CRDT" else -cents, "" if reference == "NOTPROVIDED" else reference,
        ))  # fmt: skip
    return found


@pytest.mark.parametrize(
    "path", [each for each in CAMT if each.name not in NOT_READ], ids=lambda path: path.name
)
def test_camt_of_others_is_read_to_the_cent_as_another_library_reads_it(path: Path) -> None:
    ours, theirs = lines_of(path), by_pycamt(path)
    assert [each.end_to_end for each in ours] == [reference for _cents, reference in theirs]
    if path.name in OTHER_AMOUNT:
        assert [each.cents for each in ours] == [885]
    else:
        assert [each.cents for each in ours] == [cents for cents, _reference in theirs]


def test_versions_say_the_same_of_who_and_what() -> None:
    for name in ("v2.minimal", "v3", "v4", "v8"):
        [one] = lines_of(FILES / "genkgo" / f"camt053.{name}.xml")
        assert (one.cents, one.name, one.account, one.structured, one.booked_on) == (
            885, "NAME NAME", "NL56AGDH9619008421", "4654654654654654", date(2014, 12, 31),
        )  # fmt: skip


def test_batches_and_returns_of_a_banks_own_sample() -> None:
    [one] = read((FILES / "viafintech" / "valid_example_v4.xml").read_bytes())
    assert len(one.lines) == 32
    back = [each for each in one.lines if each.reason]
    assert [(each.cents, each.reason) for each in back] == [
        (2000, "NARR"), (4000, "NARR"), (5000, "NARR"), (-600, "MD06"), (-1553, "MD06"),
    ]  # fmt: skip
    [german] = read((FILES / "viafintech" / "valid_example.xml").read_bytes())
    assert rules.wrong_in_itself(german, {"DE14740618130000033626"}) is None
    assert [each.cents for each in german.lines[3:]] == [
        -350,
        -250,
    ]  # one entry of 6.00, specified by the bank
    assert {each.name for each in german.lines[3:]} == {"Testkonto Nummer 1"}


def test_a_batch_with_a_return_in_it_is_split_by_its_own_signs() -> None:
    tx = "<TxDtls><Amt Ccy='EUR'>{}</Amt>{}</TxDtls>"
    parts = tx.format("100.00", "") + tx.format(
        "25.00", "<CdtDbtInd>DBIT</CdtDbtInd><RtrInf><Rsn><Cd>MD01</Cd></Rsn></RtrInf>"
    )
    whole = camt(statement(line(7500)), version="08").decode()
    data = re.sub(r"<TxDtls>.*</TxDtls>", parts, whole).encode()
    assert [(each.cents, each.reason) for each in read(data)[0].lines] == [(10_000, ""), (-2500, "MD01")]
    torn = data.replace(b">25.00<", b">26.00<")  # the parts do not make up the whole: then the whole it is
    assert [each.cents for each in read(torn)[0].lines] == [7500]


@pytest.mark.parametrize("version", ["02", "03", "04", "08", "11", "13"])
def test_every_version_of_ours(version: str) -> None:
    [one] = read(
        camt(
            statement(line(1234, "F2026-00001", end_to_end="E1"), line(-5, name="Ömer & zn")), version=version
        )
    )
    assert (one.account, one.opening_cents, one.closing_cents) == (OURS, 100_000, 101_229)
    assert [(each.cents, each.name, each.end_to_end) for each in one.lines] == [
        (1234, "J. de Betaler", "E1"), (-5, "Ömer & zn", ""),
    ]  # fmt: skip
    assert rules.wrong_in_itself(one, {OURS}) is None


def test_what_is_pending_is_not_taken_and_what_is_reversed_is_marked() -> None:
    data = camt(statement(line(5), line(6)))
    assert [each.cents for each in read(data.replace(b"<Sts>BOOK", b"<Sts>PDNG", 1))[0].lines] == [6]
    marked = read(data.replace(b"<Sts>BOOK", b"<RvslInd>true</RvslInd><Sts>BOOK", 1))[0].lines
    assert [each.is_reversal for each in marked] == [True, False]


# --- MT940 ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "account", "sums", "adds_up"),
    [
        ("rabobank-iban", "NL71RABO0123456789", [-3500, -3500], True),
        ("knab", "123456789", [50_000, -676_000], False),  # the second one of the file does not follow on the first
        ("sns", "0123456789", [-2500, 0], True),
        ("abnamro", "517852257", [-32_144, -2449], False),
        ("ing", "0001234567", [-4559], False),
        ("triodos", "TRIODOSBANK/0390123456", [-71_570], False),
    ],
)  # fmt: skip
def test_mt940_of_dutch_banks(name: str, account: str, sums: list[int], adds_up: bool) -> None:
    found = read((FILES / "jejik" / f"{name}.sta").read_bytes())
    assert [each.account for each in found] == [account] * len(sums)
    assert [sum(one.cents for one in each.lines) for each in found] == sums
    if adds_up:
        assert all(rules.wrong_in_itself(each, {account}) is None for each in found)
        assert rules.wrong_after(found[0], found[1]) is None


def test_mt940_says_who_and_what_in_the_ways_of_the_banks() -> None:
    [first, _second] = read((FILES / "jejik" / "rabobank-iban.sta").read_bytes())
    assert (first.lines[0].name, first.lines[0].account) == ("CONTRA ACCOUNT HOLDER", "NL70ABNA0987654321")
    assert first.lines[1].remittance == "Reference 201301234"
    [_first, second] = read((FILES / "jejik" / "knab.sta").read_bytes())
    assert [(each.name, each.account) for each in second.lines] == [
        ("PICQER", "NL65INGB0123456789"), ("MMS ONLINE NEDERLAND B.V.", "NL84INGB0234561789"),
    ]  # fmt: skip
    [first] = read((FILES / "jejik" / "triodos.sta").read_bytes())
    assert first.lines[1].remittance == "HUUR KANTOOR - FEB 2010"
    [ing] = read(mt940(":61:2603010301C90,75NTRFEREF//0301\n:86:/EREF/E2E-7//CNTP/NL20INGB0001234567/INGBNL2A/J DE BETALER///REMI/U"
                       "STD//F2026-00042/"))  # fmt: skip
    [one] = ing.lines
    assert (one.cents, one.name, one.account, one.remittance, one.end_to_end) == (
        9075, "J DE BETALER", "NL20INGB0001234567", "F2026-00042", "E2E-7",
    )  # fmt: skip


def mt940(lines: str, opening: str = "C260301EUR0,", closing: str = "C260301EUR90,75") -> bytes:
    return f":20:A\n:25:{OURS}EUR\n:28C:1/1\n:60F:{opening}\n{lines}\n:62F:{closing}\n-\n".encode()


@pytest.mark.parametrize(("mark", "cents"), [("C", 500), ("D", -500), ("RC", -500), ("RD", 500)])
def test_mt940_signs(mark: str, cents: int) -> None:
    [one] = read(mt940(f":61:2603010301{mark}5,NTRFNONREF\n:86:x"))[0].lines
    assert (one.cents, one.is_reversal) == (cents, mark.startswith("R"))


def test_a_line_that_cannot_be_read_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(BadFile):
        read(mt940(":61:geheim NL20INGB0001234567\n:86:Jansen"))
    assert caplog.text == ""


# --- broken and hostile ---------------------------------------------------------------------------------------------------

_SPACE = 'xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"'
_BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
HOSTILE = {
    "entity bomb": f'<!DOCTYPE x [<!ENTITY l0 "lol">{_BOMB}]><Document {_SPACE}>&l11;</Document>',
    "external entity": f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><Document {_SPACE}>&e;</Document>',
    "external type": f'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><Document {_SPACE}/>',
    "parameter entity": f'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/"> %p;]><Document {_SPACE}/>',
    "deep": f"<Document {_SPACE}>" + "<a>" * 100_000,
    "other xml": "<html/>",
    "an intraday report": _SPACE and '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.052.001.02"/>',
    "no namespace": "<Document><BkToCstmrStmt/></Document>",
    "empty": "",
    "only spaces": "  \n ",
    "no xml": "PK\x03\x04",
    "half a tag": "<Document",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_is_hostile_is_refused_at_once(name: str, encoding: str) -> None:
    begun = time.monotonic()
    with pytest.raises(BadFile):
        read(HOSTILE[name].encode(encoding))
    assert time.monotonic() - begun < 2


@given(st.data())
def test_a_file_that_was_cut_off_is_never_half_read(data: Any) -> None:
    whole = camt(statement(line(5, "a"), line(6, "b")))
    cut = data.draw(st.integers(0, len(whole) - 12))  # of the last tag at least the bracket is gone
    with pytest.raises(BadFile):
        read(whole[:cut])


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    for begin in (b"", b"<", b":20:\n:60F:", camt(statement(line(1)))[:300]):
        with suppress(BadFile):
            read(begin + data)


def test_what_is_too_large_is_not_read() -> None:
    begun = time.monotonic()
    with pytest.raises(BadFile):
        read(b"<" * (MOST_BYTES + 1))
    with pytest.raises(BadFile):
        read(b"<" * 50_000_000)
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b">0.05<", b">0.055<"), (b">0.05<", b">abc<"), (b">0.05<", b">-0.05<"), (b">0.05<", b"><"), (b">0.05<", b">1e9<"),
        (b"CRDT", b"MAYBE"), (b"<BookgDt><Dt>2026", b"<BookgDt><Dt>2O26"), (b"CLBD", b"XXXX"), (b"OPBD", b"XXXX"),
        (f"<BookgDt><Dt>{TODAY}</Dt></BookgDt>".encode(), b""),
    ],
)  # fmt: skip
def test_what_is_no_amount_side_or_day_refuses_the_file(old: bytes, new: bytes) -> None:
    data = camt(statement(line(5)))
    assert old in data
    with pytest.raises(BadFile):
        read(data.replace(old, new))


# --- whether it adds up ---------------------------------------------------------------------------------------------------


@given(
    st.lists(st.integers(-(10**9), 10**9).filter(bool), max_size=8),
    st.integers(-(10**9), 10**9),
    st.integers(-3, 3),
)
def test_a_statement_adds_up_or_is_wrong(cents: list[int], opening: int, off: int) -> None:
    one = statement(*map(line, cents), opening=opening, closing_cents=opening + sum(cents) + off)
    assert rules.wrong_in_itself(one, {OURS}) == (rules.Wrong.SUM if off else None)


def test_what_else_can_be_wrong_with_a_statement() -> None:
    fine = statement(line(5))
    wrong = rules.wrong_in_itself
    assert wrong(fine, {OURS}) is None
    assert wrong(fine, {"NL20INGB0001234567"}) == "account"
    assert wrong(statement(line(5), currencies=frozenset({"EUR", "USD"})), {OURS}) == "currency"
    assert (
        wrong(Statement(OURS, frozenset({"EUR"}), "1", date(2026, 3, 2), 0, date(2026, 3, 1), 0), {OURS})
        == "dates"
    )
    assert wrong(statement(line(0)), {OURS}) == "empty_line"
    data = camt(statement(line(5))).replace(b'<Ntry><Amt Ccy="EUR">', b'<Ntry><Amt Ccy="USD">')
    assert wrong(read(data)[0], {OURS}) == "currency"


def test_a_statement_follows_on_the_one_before() -> None:
    before = statement(line(5), opening=100, on=date(2026, 3, 2))
    after = rules.wrong_after
    on_the_day, day_before, day_after = (date(2026, 3, day) for day in (2, 1, 3))
    moved = [line(5, booked_on=day) for day in (on_the_day, day_before, day_after)]
    assert after(before, statement(moved[2], opening=105, on=day_after)) is None
    assert (
        after(before, statement(moved[0], opening=105, on=on_the_day)) is None
    )  # a second page of the same day
    assert after(before, statement(moved[2], opening=104, on=day_after)) == "gap"
    assert after(before, statement(moved[1], opening=105, on=day_before)) == "overlap"
    assert after(before, statement(moved[1], opening=105, on=day_after)) == "overlap"
