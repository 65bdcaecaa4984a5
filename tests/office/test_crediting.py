"""Making a credit note, and deciding about VAT, from the office."""

import re
from datetime import timedelta
from typing import Any

import pytest

from hospes.billing.models import Invoice, LocationEvidence, TaxExemption, TaxStatus
from hospes.kernel import clock
from tests.billing.books import lines_of
from tests.office import people
from tests.office.conftest import AsRole
from tests.support import make
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db


def _form(client: Any, url: str, **words: str) -> dict[str, str]:
    [once] = re.findall(r'name="once" value="([0-9a-f]+)"', client.get(url).content.decode())
    return {"once": once, "reason": "Dubbel besteld", "do": "parts"} | words


def _notes() -> list[Invoice]:
    with as_owner():
        return list(Invoice.objects.filter(kind="credit_note").order_by("pk"))


def test_an_invoice_is_credited_in_part_and_then_as_a_whole(as_role: AsRole) -> None:
    client, case = as_role("billing_clerk"), people.case()
    url = f"/facturen/{case.invoice.number}/crediteren/"
    [row] = lines_of(case.invoice)
    form = _form(client, url, **{f"line_{row.pk}": "25,00"})
    for _double_click in range(2):
        assert client.post(url, form)["Location"] == "/facturen/C2026-00001/"
    assert [(note.net_cents, note.total_cents, note.reason) for note in _notes()] == [
        (2500, 3025, "Dubbel besteld")
    ]
    assert client.post(url, _form(client, url, do="whole")).status_code == 302
    assert sum(note.total_cents for note in _notes()) == case.invoice.total_cents
    page = people.text(client.get(f"/facturen/{case.invoice.number}/"))
    assert "C2026-00001" in page
    assert "Creditfactuur maken" not in page


@pytest.mark.parametrize("words", [{"reason": ""}, {"do": "parts"}, {"amount": "9999"}, {"amount": "veel"}])
def test_what_cannot_be_is_said_and_nothing_is_made(as_role: AsRole, words: dict[str, str]) -> None:
    client, case = as_role("billing_clerk"), people.case()
    url = f"/facturen/{case.invoice.number}/crediteren/"
    [row] = lines_of(case.invoice)
    amount = {f"line_{row.pk}": words.pop("amount")} if "amount" in words else {}
    assert client.post(url, _form(client, url, **words, **amount)).status_code == 422
    assert _notes() == []


def test_who_does_not_act_for_billing_has_no_such_page(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    for url in (f"/facturen/{case.invoice.number}/crediteren/", f"{case.page}btw/"):
        assert client.post(url, {"do": "whole", "reason": "x", "once": "1"}).status_code == 404
    assert _notes() == []


def test_the_page_says_which_vat_and_why_and_a_conflict_is_decided_there(as_role: AsRole) -> None:
    client, customer = as_role("billing_clerk"), make.customer(holder=make.person(), country="US")
    url = f"/klanten/{customer.number}/"
    assert "er is maar één bewijs van het land" in people.text(client.get(url))
    assert "er is maar één bewijs van het land" in people.text(client.get("/werk/btw-onbekend/"))
    client.post(f"{url}btw/", {"country": "US", "reason": ""})
    with as_owner():
        assert not LocationEvidence.objects.exists()
    client.post(f"{url}btw/", {"country": "US", "reason": "belde vanaf een Amerikaans nummer"})
    with as_owner():
        assert TaxStatus.objects.get(customer=customer, until=None).why == "outside_eu_consumer"
    assert "een consument buiten de EU" in people.text(client.get(url))


def test_a_customer_is_exempted_on_a_ground_and_that_ends_on_a_day(as_role: AsRole) -> None:
    client, customer = as_role("billing_clerk"), make.customer(kind="business", holder=make.person())
    url, today = f"/klanten/{customer.number}/btw/vrijstelling/", clock.today()
    assert url in client.get(f"/klanten/{customer.number}/").content.decode()
    assert "De klant is niet vrijgesteld" in people.text(client.get(url))
    begin = {
        "do": "exempt",
        "exempt-first_day": today.isoformat(),
        "exempt-last_day": "",
        "exempt-ground": "",
    }
    assert client.post(url, begin).status_code == 422
    yesterday = (today - timedelta(days=1)).isoformat()
    ground = {"exempt-ground": "Verklaring 12-3"}
    assert client.post(url, begin | ground | {"exempt-first_day": yesterday}).status_code == 422
    assert client.post(url, begin | ground)["Location"] == f"/klanten/{customer.number}/"
    assert client.post(url, begin | ground).status_code == 422  # it holds already
    page = people.text(client.get(url))
    assert "Verklaring 12-3" in page
    assert "totdat iemand die beëindigt" in page
    with as_owner():
        assert TaxStatus.objects.get(customer=customer, until=None).why == "exempt"
    assert client.post(url, {"do": "end", "end-last_day": yesterday}).status_code == 422
    tomorrow = today + timedelta(days=1)
    assert client.post(url, {"do": "end", "end-last_day": tomorrow.isoformat()}).status_code == 302
    with as_owner():
        assert [e.valid_until for e in TaxExemption.objects.all()] == [tomorrow]
    assert (
        client.post(url, {"do": "end", "end-last_day": tomorrow.isoformat()}).status_code == 422
    )  # it does already
    later = {"exempt-first_day": (today + timedelta(days=30)).isoformat()}
    assert client.post(url, begin | ground | later).status_code == 302
    assert client.post(url, {"do": "end", "end-last_day": tomorrow.isoformat()}).status_code == 302
    with as_owner():
        assert [e.valid_until for e in TaxExemption.objects.all()] == [tomorrow]


def test_only_who_acts_for_billing_exempts(as_role: AsRole) -> None:
    client, customer = as_role("support_agent"), make.customer(holder=make.person())
    url = f"/klanten/{customer.number}/btw/vrijstelling/"
    assert [client.get(url).status_code, client.post(url, {"do": "exempt"}).status_code] == [404, 404]
