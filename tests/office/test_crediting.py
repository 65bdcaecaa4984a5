"""Making a credit note, and deciding about VAT, from the office."""

import re
from datetime import timedelta
from typing import Any

import pytest

from hospes.billing.models import Invoice, LocationEvidence, TaxExemption, TaxStatus
from hospes.kernel import clock
from hospes.kernel.models import JournalEntry
from hospes.payments.models import Refund
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


def _confirm(client: Any, url: str, form: dict[str, str]) -> dict[str, str]:
    """Have it shown what it would be; returns what "make this credit note" sends."""
    answer = client.post(url, form)
    assert answer.status_code == 200, people.text(answer)
    preview = answer.content.decode().split('id="preview"')[1]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', preview)
    return dict(found) | {"do": "make"}


def test_an_invoice_is_credited_in_part_and_then_as_a_whole(as_role: AsRole) -> None:
    client, case = as_role("billing_clerk"), people.case()
    url = f"/facturen/{case.invoice.number}/crediteren/"
    [row] = lines_of(case.invoice)
    form = _confirm(client, url, _form(client, url, **{f"line_{row.pk}": "25,00"}))
    assert _notes() == []
    for _double_click_and_back in range(3):
        assert client.post(url, form)["Location"] == "/facturen/C2026-00001/"
    assert [(note.net_cents, note.total_cents, note.reason) for note in _notes()] == [
        (2500, 3025, "Dubbel besteld")
    ]
    form = _confirm(client, url, _form(client, url, do="whole"))
    assert client.post(url, form).status_code == 302
    assert sum(note.total_cents for note in _notes()) == case.invoice.total_cents
    page = people.text(client.get(f"/facturen/{case.invoice.number}/"))
    assert "C2026-00001" in page
    assert "Creditfactuur maken" not in page


def test_what_it_would_be_is_said_before_and_nothing_stays_of_that(as_role: AsRole) -> None:
    client, case = as_role("billing_clerk"), people.case()
    url = f"/facturen/{case.invoice.number}/crediteren/"
    [row] = lines_of(case.invoice)
    with as_owner():
        before = Invoice.objects.get(pk=case.invoice.pk)
    page = people.text(client.post(url, _form(client, url, **{f"line_{row.pk}": "25,00"})))
    for words in ("€ 25,00", "€ 5,25 over € 25,00", "€ 30,25", "Dubbel besteld"):
        assert words in page.replace("\xa0", " ")
    with as_owner():
        after = Invoice.objects.get(pk=case.invoice.pk)
        assert (after.credited_cents, after.paid_cents) == (before.credited_cents, before.paid_cents)
        assert not Refund.objects.exists()
    assert _notes() == []


def test_changed_what_was_typed_stands_there_again(as_role: AsRole) -> None:
    client, case = as_role("billing_clerk"), people.case()
    url = f"/facturen/{case.invoice.number}/crediteren/"
    [row] = lines_of(case.invoice)
    form = _confirm(client, url, _form(client, url, **{f"line_{row.pk}": "25,00"}))
    page = client.post(url, form | {"do": "change"}).content.decode()
    assert 'value="25,00"' in page
    assert 'id="preview"' not in page
    assert _notes() == []


def test_of_two_colleagues_the_second_one_looks_again(as_role: AsRole) -> None:
    client, case = as_role("billing_clerk"), people.case()
    url = f"/facturen/{case.invoice.number}/crediteren/"
    [row] = lines_of(case.invoice)
    first, second = (
        _confirm(client, url, _form(client, url, **{f"line_{row.pk}": "25,00"})) for _colleague in range(2)
    )
    assert client.post(url, first).status_code == 302
    answer = client.post(url, second)
    assert (answer.status_code, len(_notes())) == (422, 1)
    assert "Intussen is er iets van deze factuur gecrediteerd" in answer.content.decode()
    assert client.post(url, first)["Location"] == "/facturen/C2026-00001/"


def test_made_without_having_been_shown_it_is_shown_first(as_role: AsRole) -> None:
    client, case = as_role("billing_clerk"), people.case()
    url = f"/facturen/{case.invoice.number}/crediteren/"
    answer = client.post(url, _form(client, url, do="make", what="whole"))
    assert (answer.status_code, _notes()) == (200, [])


def test_the_money_is_seen_to_at_once_and_it_stands_in_the_journal(as_role: AsRole) -> None:
    client, case = as_role("billing_clerk"), people.case()
    url = f"/facturen/{case.invoice.number}/crediteren/"
    client.post(url, _confirm(client, url, _form(client, url, do="whole")))
    [note] = _notes()
    with as_owner():
        sums = sum(Refund.objects.values_list("cents", flat=True))
        entry = JournalEntry.objects.get(action="invoice.credited", object_id=note.pk)
    assert (sums, entry.actor_kind) == (note.total_cents - note.set_off_cents, "staff")


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
