"""The office's pages of quotes: written, sent, a next version, withdrawn; raises; and services that are handed over."""

import re
from typing import Any

import pytest

from hospes.accounts.models.staff import StaffRole
from hospes.kernel import clock
from hospes.sales.models import Quote, QuoteDraft
from hospes.services.models import Move, Raise
from tests.office import people
from tests.office.conftest import AsRole
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page) or re.search(
        rf'value="([^"]*)"[^>]*name="{name}"', page
    )
    assert found, name
    return found[1]


@pytest.fixture
def case() -> people.Case:
    made = people.case()
    make.vat_rates()
    return made


def lines(*what: dict[str, str]) -> dict[str, str]:
    posted = {"line-TOTAL_FORMS": str(len(what)), "line-INITIAL_FORMS": "0"}
    for n, each in enumerate(what):
        posted |= {f"line-{n}-{name}": value for name, value in each.items()}
    return posted


def test_a_clerk_writes_a_quote_sends_it_makes_a_version_and_withdraws_it(
    as_role: AsRole, case: people.Case
) -> None:
    product = make.product(prices={12: 7500})
    with clock.moved_to(NOW):
        client = as_role("billing_clerk")
        page = client.get(case.page)
        assert 'id="new-quote"' in page.content.decode()
        for _ in range(2):
            answer = client.post(f"{case.page}offertes/nieuw/", {"once": people.once(page)})
        with as_owner():
            [draft] = QuoteDraft.objects.all()
        assert answer["Location"].endswith(f"/offertes/concept/{draft.pk}/")
        page = client.get(answer["Location"]).content.decode()
        said = {
            "valid_until": "2026-03-20", "intro": "Zoals besproken", "on_account": "on", "term_days": "30",
            "seen": field(page, "seen"),
        } | lines(
            {"what": f"{product.pk}:12", "quantity": "1", "label": "kraakhof-twee.test", "percent": "10"},
            {"what": "free", "description": "Verhuizing", "cents": "125,00"}, {"what": ""},
        )  # fmt: skip
        assert (
            client.post(answer["Location"], said | {"line-1-description": "", "do": "save"}).status_code
            == 422
        )
        assert client.post(answer["Location"], said | {"do": "save"}).status_code == 302
        page = client.get(answer["Location"]).content.decode()
        assert "232,93" in page  # 67.50 + 125.00 and VAT
        sent = client.post(answer["Location"], said | {"do": "send", "seen": field(page, "seen")})
        with as_owner():
            [quote] = Quote.objects.filter(made_by="staff")
        assert sent["Location"].endswith(f"/offertes/{quote.pk}/")
        assert (quote.total_cents, quote.on_account, quote.term_days) == (23_293, True, 30)
        page = client.get(sent["Location"])
        assert "Verhuizing" in people.text(page)
        file = client.get(f"{sent['Location']}pdf/")
        assert file.content.startswith(b"%PDF")
        version = client.post(sent["Location"], {"do": "version", "once": people.once(page)})
        page2 = client.get(version["Location"]).content.decode()
        assert "Verhuizing" in page2
        client.post(version["Location"], said | {"do": "send", "seen": field(page2, "seen")})
        with as_owner():
            first, second = Quote.objects.filter(made_by="staff").order_by("version")
        assert (first.state, second.state, second.number) == ("replaced", "open", first.number)
        client.post(f"{case.page}offertes/{second.pk}/", {"do": "withdraw"})
        with as_owner():
            assert Quote.objects.get(pk=second.pk).state == "withdrawn"


def test_a_draft_is_thrown_away(as_role: AsRole, case: people.Case) -> None:
    client = as_role("support_agent")
    made = client.post(f"{case.page}offertes/nieuw/", {"once": people.once(client.get(case.page))})
    assert client.post(made["Location"], {"do": "discard"})["Location"].endswith(case.page)
    assert client.get(made["Location"]).status_code == 302
    with as_owner():
        assert not QuoteDraft.objects.exists()


@pytest.mark.parametrize("role", ["technician", "privacy_officer"])
def test_who_has_not_the_power_has_no_such_pages(as_role: AsRole, case: people.Case, role: str) -> None:
    client = as_role(role)
    with as_owner():
        quote = Quote.objects.all()[0]
    assert 'id="new-quote"' not in client.get(case.page).content.decode()
    for path in (f"offertes/{quote.pk}/", f"offertes/{quote.pk}/pdf/", "offertes/concept/1/"):
        assert client.get(f"{case.page}{path}").status_code == 404
    assert client.post(f"{case.page}offertes/nieuw/").status_code == 404


def test_nor_has_a_role_from_which_it_was_taken(as_role: AsRole, case: people.Case) -> None:
    client = as_role("billing_clerk")
    with as_owner():
        StaffRole.objects.filter(pk="billing_clerk").update(powers=[])
    assert client.post(f"{case.page}offertes/nieuw/").status_code == 404


def test_a_raise_is_looked_at_planned_and_taken_back(as_role: AsRole) -> None:
    with clock.moved_to(NOW):
        client = as_role("administrator")
        service = make.service(price_cents=7300)
        page = client.get("/aanbod/verhogingen/nieuw/")
        said: dict[str, Any] = {
            "product": service.product_id, "months": "12", "percent": "5", "announce_on": "2026-03-03", "from_on": "2026-05-01",
            "once": people.once(page),
        }  # fmt: skip
        assert client.post("/aanbod/verhogingen/nieuw/", said | {"price": "80"}).status_code == 422
        shown = client.post("/aanbod/verhogingen/nieuw/", said | {"do": "show"}).content.decode()
        assert 'id="plan"' in shown
        assert "76,65" in shown
        with as_owner():
            assert not Raise.objects.exists()
        for _ in range(2):
            made = client.post("/aanbod/verhogingen/nieuw/", said | {"do": "plan", "seen": "1"})
        with as_owner():
            [held] = Raise.objects.all()
        assert made["Location"].endswith(f"/aanbod/verhogingen/{held.pk}/")
        assert "5%" in people.text(client.get("/aanbod/verhogingen/"))
        client.post(made["Location"])
    with as_owner():
        assert Raise.objects.get().withdrawn_at is not None


def test_staff_ask_for_a_move_and_the_answer_says_nothing_of_the_other(as_role: AsRole) -> None:
    client, service = as_role("support_agent"), make.service()
    with as_owner():
        where = f"/klanten/{service.customer.number}/diensten/{service.pk}/overdragen/"
    page = client.get(where)
    said = {
        "to_number": "99999999",
        "to_email": "a@mail.example",
        "when": "now",
        "note": "Gebeld",
        "once": people.once(page),
    }
    assert client.post(where, said | {"note": ""}).status_code == 422
    for _ in range(2):
        assert client.post(where, said).status_code == 302
    with as_owner():
        [move] = Move.objects.all()
    assert (move.by, move.note, move.state) == ("staff", "Gebeld", "asked")


def test_a_form_without_its_number_is_refused_and_makes_nothing(as_role: AsRole, case: people.Case) -> None:
    product = make.product(prices={12: 7500})
    with clock.moved_to(NOW):
        client = as_role("administrator")
        for once in ("", "a", "z" * 32):
            assert client.post(f"{case.page}offertes/nieuw/", {"once": once}).status_code == 400
            raised = {"product": product.pk, "months": "12", "percent": "5", "announce_on": "2026-03-03",
                      "from_on": "2026-05-01", "once": once}  # fmt: skip
            assert client.post("/aanbod/verhogingen/nieuw/", raised).status_code == 400
            given = {
                "to_number": "99999999",
                "to_email": "a@mail.example",
                "when": "now",
                "note": "x",
                "once": once,
            }
            service = make.service()
            with as_owner():
                where = f"/klanten/{service.customer.number}/diensten/{service.pk}/overdragen/"
            assert client.post(where, given).status_code == 400
    with as_owner():
        assert not (QuoteDraft.objects.exists())
        assert not (Raise.objects.exists())
        assert not (Move.objects.exists())


def test_the_page_of_a_quote_says_all_of_its_lines_and_offers_no_version_that_loses_some(
    as_role: AsRole, case: people.Case
) -> None:
    with as_owner():
        quote = Quote.objects.filter(customer=case.customer).earliest("pk")
        Quote.objects.filter(pk=quote.pk).update(state="open")
        [choice] = make.option(product=make.product(), choices=[{12: 100}])
        quote.lines.update(
            quantity=3, details="Ruimte: 2 x 10 GB", choice_ids=[choice.pk], choice_counts=[2], steps_from=[1, 3],
            steps_cents=[5_000, 7_700], setup_cents=1_500, net_cents=6_500, months=12,
        )  # fmt: skip
    page = as_role("billing_clerk").get(f"{case.page}offertes/{quote.pk}/")
    said = people.text(page).replace("\xa0", " ")
    for words in ("3 ×", "(Ruimte: 2 x 10 GB)", "waarvan € 15,00", "€ 77,00", "vanaf termijn 3"):
        assert words in said, words
    assert 'id="version"' in page.content.decode()
    with as_owner():
        Quote.objects.filter(pk=quote.pk).update(promotion=make.promotion())
    page = as_role("billing_clerk").get(f"{case.page}offertes/{quote.pk}/")
    assert 'id="version"' not in page.content.decode()


def test_options_and_an_addition_are_written_shown_and_sent(as_role: AsRole, case: people.Case) -> None:
    with clock.moved_to(NOW):
        product = make.product(prices={12: 7_500})
        [space] = make.option(product=product, kind="quantity", most=5, choices=[{12: 1_000}])
        addition = make.product(kind="addon", belongs_to=product, prices={12: 500})
        client = as_role("billing_clerk")
        begun = client.post(f"{case.page}offertes/nieuw/", {"once": "a" * 32})
        page = client.get(begun["Location"]).content.decode()
        with as_owner():
            option = f"line-0-option-{space.option.slug}"
        assert option not in page

        def form(**words: str) -> dict[str, str]:
            page = client.get(begun["Location"]).content.decode()
            [seen] = re.findall(r'name="seen" value="([^"]+)"', page)
            return {
                "seen": seen, "valid_until": "2026-03-20", "term_days": "14", "line-TOTAL_FORMS": "2", "line-INITIAL_FORMS": "0",
                "line-0-what": f"{product.pk}:12", "line-0-label": "voorbeeld.test", "line-0-quantity": "1",
                "line-1-what": f"{addition.pk}:12", "line-1-label": "voorbeeld.test", "line-1-quantity": "1",
            } | words  # fmt: skip

        assert client.post(begun["Location"], form(do="save")).status_code == 302
        assert option in client.get(begun["Location"]).content.decode()
        client.post(begun["Location"], form(do="save") | {option: "2"})
        assert re.search(rf'name="{option}" value="2"', client.get(begun["Location"]).content.decode())
        answer = client.post(begun["Location"], form(do="send") | {option: "3"}, follow=True)
        with as_owner():
            quote = Quote.objects.filter(customer=case.customer, made_by="staff").latest("pk")
            whole, added = quote.lines.order_by("position")
        assert (whole.choice_ids, whole.choice_counts, whole.net_cents) == ([space.pk], [3], 10_500)
        assert (added.parent_id, added.net_cents, quote.net_cents) == (whole.pk, 500, 11_000)
        assert "3 ×" in people.text(answer)
