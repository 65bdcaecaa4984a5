"""
The XML Auditfile Financieel (XAF), versions 4.0 and 3.2: the books of a year as accountants and the tax office read them in.

Written as it is read from the database, element by element, so that a year of any size fits in the memory of a small machine.
Names and addresses of customers are not in it: the books know them by their number, and version 4.0 does not need more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import IO, Any, Final

from django.db import connections
from lxml import etree

from hospes.billing.ledger import rules
from hospes.billing.ledger.models import LedgerEntry
from hospes.billing.ledger.reports.table import Period, ask
from hospes.kernel import acting

NAMESPACES: Final = {
    "4.0": "http://www.odb.belastingdienst.nl/Belastingdienst/BCPP/1.1/structures/XmlauditfileXAF_4.0",
    "3.2": "http://www.auditfiles.nl/XAF/3.2",
}
#: The Dutch reference chart that the codes of the accounts are of.
_RGS: Final = "3.7"
_PAGE: Final = 5000


@dataclass(frozen=True)
class Maker:
    """Whose books these are, and which software wrote them."""

    name: str
    kvk: str
    country: str
    tax_number: str
    software: str
    software_version: str


_SUMS: Final = """
SELECT count(l.id), coalesce(sum(l.debit_cents), 0)::bigint, coalesce(sum(l.credit_cents), 0)::bigint
  FROM billing_ledgerline l JOIN billing_ledgerentry e ON e.id = l.entry_id WHERE e.booked_on BETWEEN %(first)s AND %(last)s
"""
_CUSTOMERS: Final = """
SELECT c.number FROM customers_customer c
 WHERE EXISTS (SELECT FROM billing_ledgerentry e WHERE e.customer_id = c.id AND e.booked_on BETWEEN %(first)s AND %(last)s)
 ORDER BY c.number
"""
_VAT_CODES: Final = """
SELECT DISTINCT l.vat_country, l.vat_category, l.vat_basis_points
  FROM billing_ledgerline l JOIN billing_ledgerentry e ON e.id = l.entry_id
 WHERE l.vat_cents IS NOT NULL AND e.booked_on BETWEEN %(first)s AND %(last)s ORDER BY 1, 2, 3
"""
# Results of the years before are the result of earlier years by now.
_OPENING: Final = """
SELECT a.code, s.cents FROM (
  SELECT CASE WHEN a.kind = 'P' THEN (SELECT id FROM billing_ledgeraccount WHERE use = 'result') ELSE a.id END AS id,
         sum(l.debit_cents - l.credit_cents)::bigint AS cents
    FROM billing_ledgerline l JOIN billing_ledgerentry e ON e.id = l.entry_id JOIN billing_ledgeraccount a ON a.id = l.account_id
   WHERE e.booked_on < %(first)s GROUP BY 1) s JOIN billing_ledgeraccount a USING (id) WHERE s.cents <> 0 ORDER BY a.code
"""
_LINES: Final = """
SELECT e.book_year, e.number, e.booked_on, e.origin, e.document, l.position, a.code, l.debit_cents, l.credit_cents, c.number,
       l.vat_country, l.vat_category, l.vat_basis_points, l.vat_cents
  FROM billing_ledgerentry e JOIN billing_ledgerline l ON l.entry_id = e.id JOIN billing_ledgeraccount a ON a.id = l.account_id
  LEFT JOIN customers_customer c ON c.id = l.customer_id
 WHERE e.journal = %(journal)s AND e.booked_on BETWEEN %(first)s AND %(last)s ORDER BY e.book_year, e.number, l.position
"""


def write(out: IO[bytes], year: int, *, version: str, maker: Maker, today: date) -> None:
    """Write the books of a year; raises KeyError for a version that there is not. Acts within the purpose of billing."""
    namespace, period = NAMESPACES[version], Period.of_book_year(year)
    with etree.xmlfile(out, encoding="UTF-8") as file:
        file.write_declaration()
        writer = _Writer(file, namespace)
        with file.element(writer.name("auditfile"), nsmap={None: namespace}):
            _header(writer, year, period, version, maker, today)
            with writer.element("company"):
                _company(writer, year, period, version, maker)


class _Writer:
    """Writes elements of one namespace; an empty text is left out."""

    def __init__(self, file: Any, namespace: str) -> None:
        self.file, self.namespace = file, namespace

    def name(self, tag: str) -> str:
        return f"{{{self.namespace}}}{tag}"

    @contextmanager
    def element(self, tag: str) -> Iterator[None]:
        with self.file.element(self.name(tag)):
            yield

    def put(self, **values: object) -> None:
        for tag, value in values.items():
            if value not in (None, ""):
                with self.file.element(self.name(tag)):
                    self.file.write(str(value))


def _header(writer: _Writer, year: int, period: Period, version: str, maker: Maker, today: date) -> None:
    with writer.element("header"):
        writer.put(
            fiscalYear=year, startDate=period.first, endDate=period.last, curCode="EUR", dateCreated=today,
            softwareDesc=maker.software, softwareVersion=maker.software_version,
        )  # fmt: skip
        if version == "4.0":
            writer.put(RGSVersion=_RGS)


def _company(writer: _Writer, year: int, period: Period, version: str, maker: Maker) -> None:
    writer.put(**{"Commercenr" if version == "4.0" else "companyIdent": maker.kvk})
    writer.put(companyName=maker.name, taxRegistrationCountry=maker.country, taxRegIdent=maker.tax_number)
    asked = {"first": period.first, "last": period.last}
    with writer.element("customersSuppliers"):
        for (number,) in ask(_CUSTOMERS, **asked):
            with writer.element("customerSupplier"):
                writer.put(custSupID=number, custSupTp="C")
    _accounts(writer, version)
    with writer.element("vatCodes"):
        for country, category, rate in ask(_VAT_CODES, **asked):
            with writer.element("vatCode"):
                writer.put(
                    vatID=vat_id(country, category, rate), vatDesc=f"{country} {category} {rate / 100:g}%"
                )
    with writer.element("periods"):
        for month in rules.months(period.first, period.last):
            with writer.element("period"):
                last = rules.next_month(month) - date.resolution
                writer.put(periodNumber=_place(month, period), startDatePeriod=month, endDatePeriod=last)
    _opening(writer, period, version)
    _transactions(writer, year, period)


def _accounts(writer: _Writer, version: str) -> None:
    with writer.element("generalLedger"):
        for code, name, kind, rgs in ask(
            "SELECT code, name_nl, kind, rgs_code FROM billing_ledgeraccount ORDER BY code"
        ):
            with writer.element("ledgerAccount"):
                writer.put(accID=code, accDesc=name, accTp=kind)
                writer.put(**{"RGScode" if version == "4.0" else "leadReference": rgs})


def _opening(writer: _Writer, period: Period, version: str) -> None:
    found = ask(_OPENING, first=period.first)
    with writer.element("openingBalance"):
        if version != "4.0":
            writer.put(opBalDate=period.first)
        writer.put(
            linesCount=len(found), totalDebit=_amount(sum(max(cents, 0) for _, cents in found)),
            totalCredit=_amount(sum(max(-cents, 0) for _, cents in found)),
        )  # fmt: skip
        for number, (code, cents) in enumerate(found, start=1):
            with writer.element("obLine"):
                writer.put(nr=number, accID=code, amnt=_amount(abs(cents)), amntTp="D" if cents > 0 else "C")


def _transactions(writer: _Writer, year: int, period: Period) -> None:
    count, debit, credit = ask(_SUMS, first=period.first, last=period.last)[0]
    with writer.element("transactions"):
        writer.put(linesCount=count, totalDebit=_amount(debit), totalCredit=_amount(credit))
        for journal, label in LedgerEntry.Journal.choices:
            with writer.element("journal"):
                writer.put(jrnID=journal, desc=label, jrnTp=journal)
                _entries(writer, year, period, journal)


def _entries(writer: _Writer, fiscal: int, period: Period, journal: str) -> None:
    """Each entry of a journal with its lines, as they come from the database."""
    held: list[tuple[Any, ...]] = []
    for row in _stream(journal=journal, first=period.first, last=period.last):
        if held and held[0][:2] != row[:2]:
            _entry(writer, held, fiscal, period)
            held = []
        held.append(row)
    if held:
        _entry(writer, held, fiscal, period)


def _stream(**asked: Any) -> Iterator[tuple[Any, ...]]:
    scene = acting.current()
    if scene is None:
        raise RuntimeError("the audit file is written inside acting()")
    connection = connections[scene.alias]
    with connection.chunked_cursor() as cursor:
        cursor.execute(_LINES, asked)
        while rows := cursor.fetchmany(_PAGE):
            yield from rows


def _entry(writer: _Writer, lines: list[tuple[Any, ...]], fiscal: int, period: Period) -> None:
    year, number, day, origin, document = lines[0][:5]
    # What was booked in this year under a number of another book year keeps both, since numbers begin anew with each.
    with writer.element("transaction"):
        nr = number if year == fiscal else f"{year}-{number}"
        writer.put(nr=nr, desc=origin, periodNumber=_place(day, period), trDt=day)
        for position, code, debit, credit, customer, country, category, rate, vat in (
            line[5:] for line in lines
        ):
            with writer.element("trLine"):
                writer.put(
                    nr=position, accID=code, docRef=document or origin, effDate=day, amnt=_amount(debit or credit),
                    amntTp="D" if debit else "C", custSupID=customer, invRef=document if origin.startswith("invoice:") else "",
                )  # fmt: skip
                if vat is not None:
                    with writer.element("vat"):
                        writer.put(
                            vatID=vat_id(country, category, rate), vatPerc=_percent(rate), vatAmnt=_amount(abs(vat)),
                            vatAmntTp="C" if vat >= 0 else "D",
                        )  # fmt: skip


def _place(day: date, period: Period) -> int:
    """The how manieth month of the book year a day is in."""
    return (day.year - period.first.year) * 12 + day.month - period.first.month + 1


def vat_id(country: str, category: str, rate: int) -> str:
    """What a group of VAT is called in the file, such as NL-S-2100."""
    return f"{country}-{category}-{rate}"


def _amount(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _percent(basis_points: int) -> str:
    return f"{basis_points // 100}.{basis_points % 100:02d}"
