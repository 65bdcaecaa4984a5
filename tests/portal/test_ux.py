"""Small things that decide whether somebody gets on: terms to read, ways back, waiting, words with a refusal."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory

from hospes.config.operators import read_texts
from hospes.customers.models import Customer, Person
from hospes.portal.looks import MOST, next_look
from hospes.portal.views.texts import Paragraph, paragraphs
from tests.accounts import people
from tests.support import make
from tests.support.rights import as_owner

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _the_portal(settings: Any) -> Iterator[None]:
    from django.urls import clear_url_caches

    settings.FACE, settings.ROOT_URLCONF = "portal", "hospes.config.urls_portal"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    clear_url_caches()
    yield
    clear_url_caches()


@pytest.fixture
def customer(db: None, _rights: None) -> Customer:
    """A customer of somebody who can log in."""
    make.vat_rates()
    return make.customer(holder=people.somebody())


@pytest.fixture
def browser(customer: Customer) -> Client:
    """A browser in which the customer's holder is logged in."""
    return logged_in(make.holder_of(customer))


def logged_in(person: Person) -> Client:
    client = Client()
    assert people.log_in(client, person).status_code == 302
    return client


# --- what is agreed to can be read -----------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "title", "other"),
    [
        ("/voorwaarden/", "Algemene voorwaarden", "Verwerkersovereenkomst"),
        ("/en/voorwaarden/", "General terms and conditions", "Processor agreement"),
        ("/verwerkersovereenkomst/", "Verwerkersovereenkomst", "Algemene voorwaarden"),
        ("/en/verwerkersovereenkomst/", "Processor agreement", "General terms and conditions"),
    ],
)
def test_terms_can_be_read_by_everybody(address: str, title: str, other: str) -> None:
    page = Client().get(address).content.decode()
    assert re.search(rf"<h1[^>]*>\s*{title}", page)
    assert ("2026-11" if "voorwaarden" in address else "2026-01") in page
    assert "<h2>" in page
    footer = page[page.index("<footer") :]
    assert title in footer
    assert other in footer


def test_the_operators_text_is_text(settings: Any) -> None:
    text = "# One\nfirst line\nsecond line\n\n<b>bold</b>\n#no heading"
    assert paragraphs(text) == [
        Paragraph("One", is_heading=True),
        Paragraph("first line second line", is_heading=False),
        Paragraph("<b>bold</b> #no heading", is_heading=False),
    ]
    settings.HOSPES_OPERATOR_TEXTS = {"terms.nl": text}
    page = Client().get("/voorwaarden/").content.decode()
    assert "<b>bold" not in page
    assert "&lt;b&gt;bold" in page


def test_a_text_that_is_not_there_stops_the_start(tmp_path: Any) -> None:
    for name in ("terms.nl", "terms.en", "processing.nl"):
        (tmp_path / f"{name}.txt").write_text("Text.")
    with pytest.raises(ImproperlyConfigured, match=r"processing\.en\.txt"):
        read_texts(tmp_path)
    (tmp_path / "processing.en.txt").write_text("\n")
    with pytest.raises(ImproperlyConfigured, match="empty"):
        read_texts(tmp_path)


def links_to_the_terms(page: str, prefix: str = "") -> bool:
    found = re.findall(r'<a class="textlink" href="([^"]+)" target="_blank" rel="noopener">', page)
    return found == [f"{prefix}/voorwaarden/", f"{prefix}/verwerkersovereenkomst/"]


@pytest.mark.django_db
def test_who_signs_up_can_read_what_they_agree_to() -> None:
    assert links_to_the_terms(Client().get("/account/signup/").content.decode())
    english = Client().get("/en/account/signup/").content.decode()
    assert links_to_the_terms(english, "/en")
    assert "opens in a new window" in english


def test_who_orders_can_read_what_they_agree_to(customer: Customer, browser: Client) -> None:
    make.cart(person=make.holder_of(customer), products=[make.product()])
    assert links_to_the_terms(browser.get(f"/k/{customer.number}/afrekenen/").content.decode())
    quote = make.quote(customer=customer, valid_until="2999-01-01")
    assert links_to_the_terms(browser.get(f"/k/{customer.number}/offertes/{quote.number}/").content.decode())


# --- ways back -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "head"])
def test_the_address_of_a_form_leads_back_to_its_page(
    customer: Customer, browser: Client, method: str
) -> None:
    home = f"/k/{customer.number}/"
    for address, page in (
        (f"{home}bestellingen/O2026-00001/betalen/", f"{home}bestellingen/O2026-00001/"),
        (f"{home}offertes/Q2026-00001/besluit/", f"{home}offertes/Q2026-00001/"),
        (f"{home}gegevens/downloaden/", f"{home}gegevens/"),
    ):
        answer = getattr(browser, method)(address)
        assert (answer.status_code, answer["Location"]) == (302, page)
        assert browser.put(address).status_code == 405


@pytest.mark.django_db
def test_who_must_log_in_first_comes_back_to_the_page() -> None:
    for method, address, back in (
        ("get", "/k/10001/gegevens/", "/k/10001/gegevens/"),
        ("post", "/k/10001/gegevens/downloaden/", "/k/10001/gegevens/"),
        ("post", "/k/10001/bestellingen/O1/betalen/", "/k/10001/bestellingen/O1/"),
        ("get", "/en/k/10001/gegevens/", "/en/k/10001/gegevens/"),
    ):
        answer = getattr(Client(), method)(address)
        assert answer["Location"].endswith(f"/account/login/?next={back}")


def test_a_page_can_be_asked_for_its_head(customer: Customer, browser: Client) -> None:
    home = f"/k/{customer.number}/"
    for address in (
        "/hosting/",
        "/hosting/winkelwagen/",
        home,
        f"{home}diensten/",
        f"{home}bestellingen/",
        f"{home}gegevens/",
    ):
        answer = browser.head(address)
        assert (answer.status_code, answer.content) == (200, b"")
        assert browser.post(address).status_code == 405


# --- waiting ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "expected"),
    [("", (1, 2)), ("0", (1, 2)), ("9", (10, 2)), ("10", (11, 10)), ("59", (60, 10)), ("60", (60, 0)), ("999", (999, 0)),
     ("-1", (1, 2)), ("x", (1, 2)), ("٣", (1, 2)), ("1" * 5000, (1, 2))],
)  # fmt: skip
def test_a_page_that_waits_looks_ever_less_and_not_for_ever(n: str, expected: tuple[int, int]) -> None:
    look = next_look(RequestFactory().get("/", {"n": n}))
    assert (look.n, look.seconds) == expected
    assert look.again is (expected[1] > 0)


def test_an_order_waits_for_its_payment_and_says_how_it_ended(customer: Customer, browser: Client) -> None:
    order = make.order(customer=customer)
    payment = make.payment(order=order)
    address = f"/k/{customer.number}/bestellingen/{order.number}/"
    page = browser.get(f"{address}?terug=1").content.decode()
    assert f'hx-get="{address}?terug=1&amp;n=1" hx-trigger="load delay:2s"' in page
    assert '<div id="news" class="sr-only" role="status" aria-live="polite"></div>' in page
    assert f'content="2; url={address}?terug=1&amp;n=1"' in page
    part = browser.get(f"{address}?terug=1&n=12", headers=HTMX).content.decode()
    assert "load delay:10s" in part
    assert 'id="news"' not in part
    part = browser.get(f"{address}?terug=1&n={MOST}", headers=HTMX).content.decode()
    assert "hx-get" not in part
    assert 'id="look-again"' in part
    assert re.search(r'<div id="news" hx-swap-oob="innerHTML">\s*Er is nog steeds geen bericht', part)
    with as_owner():
        type(payment).objects.filter(pk=payment.pk).update(state="failed")
    part = browser.get(f"{address}?terug=1&n=3", headers=HTMX).content.decode()
    assert "hx-get" not in part
    assert 'id="pay"' in part
    assert re.search(r'<div id="news" hx-swap-oob="innerHTML">\s*Deze bestelling', part)


def test_a_service_that_is_set_up_is_told_of_once(customer: Customer, browser: Client) -> None:
    service = make.service(customer=customer, state="pending")
    address = f"/k/{customer.number}/diensten/{service.pk}/"
    page = browser.get(address).content.decode()
    assert f'hx-get="{address}?n=1" hx-trigger="load delay:2s"' in page
    assert 'role="status"' in page
    part = browser.get(f"{address}?n={MOST}", headers=HTMX).content.decode()
    assert "hx-get" not in part
    assert 'id="look-again"' in part
    running = make.service(customer=customer, state="active")
    part = browser.get(f"/k/{customer.number}/diensten/{running.pk}/?n=2", headers=HTMX).content.decode()
    assert "hx-get" not in part
    assert re.search(r'<div id="news" hx-swap-oob="innerHTML">\s*\w', part)


def test_what_can_hold_the_focus_can_be_found_again(customer: Customer, browser: Client) -> None:
    order = make.order(customer=customer)
    make.payment(order=order)
    part = browser.get(
        f"/k/{customer.number}/bestellingen/{order.number}/?terug=1", headers=HTMX
    ).content.decode()
    assert [tag for tag in re.findall(r"<(?:a|button)\b[^>]*>", part) if " id=" not in tag] == []


# --- a refusal has words ---------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["technical", "read_only"])
def test_who_may_not_order_is_told_who_may(customer: Customer, role: str) -> None:
    colleague = people.somebody()
    make.membership(person=colleague, customer=customer, role=role)
    make.cart(person=colleague, products=[make.product()])
    quote, order = make.quote(customer=customer, valid_until="2999-01-01"), make.order(customer=customer)
    client = logged_in(colleague)
    home = f"/en/k/{customer.number}/"
    for answer in (
        client.get(f"{home}afrekenen/", follow=True),
        client.post(f"{home}afrekenen/", {"do": "quote"}, follow=True),
        client.post(f"{home}offertes/{quote.number}/besluit/", {"do": "accept", "terms": "on"}, follow=True),
    ):
        assert answer.status_code == 403
        assert f"{make.holder_of(customer).name} can give you another role." in answer.content.decode()
    with as_owner():
        quote.refresh_from_db()
    assert quote.state == "open"
    answer = client.get(f"{home}bestellingen/{order.number}/")
    assert 'id="pay"' not in answer.content.decode()
    assert ("It can be paid by the holder" in answer.content.decode()) is (role == "read_only")


@pytest.mark.django_db
@pytest.mark.parametrize("with_cookie", [True, False])
@pytest.mark.parametrize("encoding", ["", "multipart"])
@pytest.mark.parametrize("too_much", [{"street": "x" * 3_000_000}, {f"field{n}": "1" for n in range(1100)}])
def test_a_form_that_is_too_large_is_called_that(
    too_much: dict[str, str], encoding: str, with_cookie: bool
) -> None:
    from urllib.parse import urlencode

    client = Client(enforce_csrf_checks=True)
    form = too_much
    if with_cookie:
        page = client.get("/en/account/signup/").content.decode()
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        form = {"csrfmiddlewaretoken": token[1]} | too_much
    body = (
        {"data": form}
        if encoding
        else {"data": urlencode(form), "content_type": "application/x-www-form-urlencoded"}
    )
    answer = client.post("/en/account/signup/", **body)
    assert (answer.status_code, "This form is too large" in answer.content.decode()) == (413, True)


@pytest.mark.django_db
def test_a_form_without_its_secret_is_still_called_that() -> None:
    answer = Client(enforce_csrf_checks=True).post("/en/account/signup/", people.form())
    assert (answer.status_code, "The form could not be checked" in answer.content.decode()) == (403, True)


# --- names ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("sign", ["\u202e", "\x0b", "\u200b", "\u2028", "\ue000", "\ufdd0"])
@pytest.mark.parametrize("field", ["given_name", "family_name", "trade_name", "street", "town"])
def test_a_name_holds_no_sign_that_cannot_be_seen(field: str, sign: str) -> None:
    form = people.business(**{field: f"Zo{sign}mer"})
    for prefix, word in (("", "teken"), ("/en", "sign")):
        answer = Client().post(f"{prefix}/account/signup/", form)
        assert list(answer.context["form"].errors) == [field]
        assert word in str(answer.context["form"].errors[field])
    with as_owner():
        assert not Customer.objects.exists()


def test_nor_does_that_of_another_customer(browser: Client) -> None:
    form = people.business(trade_name="Zo\u202emer")
    answer = browser.post("/klantaccounts/nieuw/", form)
    assert list(answer.context["form"].errors) == ["trade_name"]


@pytest.mark.parametrize("field", ["name", "street", "town"])
def test_nor_does_what_the_office_changes(field: str) -> None:
    from hospes.office.forms import DetailsForm

    filled = {"name": "Zomer", "street": "Kade 1", "postcode": "1234 AB", "town": "Tilburg", "country": "NL", "seen": "x",
              "invoice_email": "zomer@example.com"}  # fmt: skip
    assert DetailsForm(filled, is_business=False).is_valid()
    form = DetailsForm(filled | {field: "Zo\u202emer"}, is_business=False)
    assert list(form.errors) == [field]
