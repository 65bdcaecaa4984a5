"""
`hospes bench documents`: PDF/A-3a with the UBL invoice inside, how many a second and core.

The documents are what a hosting company sends: one to eight lines, invoices and credit notes, both languages, every one
another one. One process a core makes them, as workers do, each with its own typesetter, warm. What a core does is told by
the CPU time of those processes, so that it does not depend on what else the machine does; the wall clock is told beside it.
"""

import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from bench.report import Measure
from hospes.billing.documents import (
    Customization,
    DocumentKind,
    DocumentLine,
    InvoiceDocument,
    Party,
    group_vat,
    invoice_pdf,
    invoice_xml,
    line_net,
)

EACH, WARM_UP = 400, 10
TARGET = 45.0
_SELLER = Party(
    name="Voorbeeldhost B.V.", street="Serverlaan 12", postcode="3511 AB", town="Utrecht", kvk="12345678",
    vat_number="NL123456789B01", email="administratie@voorbeeldhost.example",
)  # fmt: skip
_PRODUCTS = ("Webhosting Plus", "Domeinnaam", "Bewaking", "Extra opslag 10 GB", "SSL-certificaat")


@dataclass(frozen=True)
class Work:
    """What one process did: how many documents, of how many bytes together, in how many seconds of CPU and of the clock."""

    documents: int
    size: int
    cpu: float
    started: float
    ended: float


def run() -> list[Measure]:
    """Measure one process alone, then one on each core at once."""
    [alone] = _at_once(1)
    cores = os.cpu_count() or 1
    every = _at_once(cores)
    made = sum(work.documents for work in every)
    per_core = made / sum(work.cpu for work in every)
    wall = made / (max(work.ended for work in every) - min(work.started for work in every))
    at_least = f"at least {TARGET:.0f} a second and core"
    size = sum(work.size for work in every) / made / 1024
    return [
        _measure("documents a second of one core, one process", alone.documents / alone.cpu, at_least),
        _measure(f"documents a second and core, {cores} processes", per_core, at_least),
        Measure(f"documents a second by the clock, {cores} processes", wall, "documents/s", None, None, "told only", True),
        Measure("size of a document", size, "KiB", None, None, "told only", True),
    ]  # fmt: skip


def _measure(name: str, value: float, target: str) -> Measure:
    return Measure(name, value, "documents/s", None, None, target, value >= TARGET)


def _at_once(processes: int) -> list[Work]:
    # spawned, not forked: the typesetter's threads do not come along in a fork
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        return list(pool.map(make, range(processes)))


def make(seed: int) -> Work:
    """Make many documents, the same for the same seed, after some to warm up."""
    documents = [document(seed * 1_000_000 + number) for number in range(EACH + WARM_UP)]
    for doc in documents[:WARM_UP]:
        invoice_pdf(doc, invoice_xml(doc))
    size, started, cpu = 0, time.time(), time.process_time()
    for doc in documents[WARM_UP:]:
        size += len(invoice_pdf(doc, invoice_xml(doc, Customization.NLCIUS)))
    return Work(EACH, size, time.process_time() - cpu, started, time.time())


def document(number: int) -> InvoiceDocument:
    """A document that is like no other."""
    chance = Random(number)
    lines = tuple(_line(chance, number) for _ in range(chance.choice([1, 1, 2, 2, 3, 4, 8])))
    groups = group_vat(lines)
    net, vat = sum(line.net_cents for line in lines), sum(group.vat_cents for group in groups)
    credit, issued = chance.random() < 0.1, date(2026, 1, 1) + timedelta(days=chance.randrange(360))
    return InvoiceDocument(
        number=f"F2026-{number:07d}", kind=DocumentKind.CREDIT_NOTE if credit else DocumentKind.INVOICE,
        corrects_number="F2025-00001" if credit else "", issued_on=issued, due_on=issued + timedelta(days=14), seller=_SELLER,
        seller_iban="NL91ABNA0417164300", buyer=_buyer(number), customer_number=str(10_000 + number), lines=lines,
        vat_groups=groups, net_cents=net, vat_cents=vat, total_cents=net + vat, language=chance.choice(["nl", "nl", "en"]),
    )  # fmt: skip


def _buyer(number: int) -> Party:
    return Party(
        name=f"Testbedrijf {number} & Zonen V.O.F.", contact_name=f"Contactpersoon {number}", street=f"Testplein {number}",
        postcode="2611 GS", town="Delft", kvk=f"{number % 10**8:08d}", vat_number="NL987654321B01",
    )  # fmt: skip


def _line(chance: Random, number: int) -> DocumentLine:
    quantity, price = Decimal(chance.choice([1, 1, 1, 12])), chance.randrange(100, 20_000)
    start = date(2026, 1, 1) + timedelta(days=chance.randrange(360))
    return DocumentLine(
        description=chance.choice(_PRODUCTS), details=f"voorbeeld-{number}.example", quantity=quantity, unit_price_cents=price,
        net_cents=line_net(quantity, price), vat_percent=Decimal(chance.choice(["21", "21", "21", "9"])), period_from=start,
        period_to=start + timedelta(days=364),
    )  # fmt: skip
