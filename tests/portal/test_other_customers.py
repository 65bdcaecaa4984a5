"""Every page of a customer is there for those who may act for it, and for nobody else at all (P09, P30)."""

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from hospes.payments.models import Payment
from hospes.portal import urls
from hospes.sales.models import Order, Quote
from tests.portal.visit import House, all_of, browser, house, jobs, member, put
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [pytest.mark.usefixtures("site"), pytest.mark.promise("P09", "P30")]

#: Every address below /k/<number>/, with the names of what it is made of.
PAGES = {str(pattern.name): sorted(pattern.pattern.converters) for pattern in urls.urlpatterns}
WITH_A_THING = [name for name, parts in PAGES.items() if parts]
TAKES_FORMS = {
    "pay", "order_cancel", "pay_invoice", "invoice_wishes", "quote_decide", "download", "checkout", "access_invite", "access_invitation_page", "access_invitation_again", "collecting", "balance", "pay_together",
    "access_invitation_withdraw", "access_member", "access_member_remove", "access_hand_over", "access_leave",
    "second_step", "addresses", "end_session", "change_limits",
    "service_move", "service_move_back", "move_offer", "service_change", "service_cancel", "service_take_back", "service_add", "withdraw",
    "sign_mandate", "withdraw_mandate",
}  # fmt: skip
FORM = {"do": "accept", "terms": "on", "version": "x"}
ODD = [
    "0",
    "-1",
    "\x00",
    "%00",
    "F2026-00001\x00",
    "'",
    "' OR 1=1 --",
    "é",
    "x" * 300,
    "9" * 400,
    "..",
    "\U0001f600",
]


def address(name: str, given: dict[str, Any], prefix: str = "") -> str:
    """Where a page is; the language of the page before does not matter to it."""
    with override("nl"):
        return prefix + reverse(
            f"portal:{name}", kwargs={part: given[part] for part in ("number", *PAGES[name])}
        )


@pytest.fixture
def mine() -> House:
    return house()


@pytest.fixture
def theirs() -> House:
    return house(kind="business")


def ask(client: Client, method: str, where: str) -> Any:
    """Ask for a page, or send a form to it, and go where that leads."""
    if method == "get":
        return client.get(where, follow=True)
    return client.post(where, FORM, follow=True)


def assert_not_found(answer: Any, owner: House) -> None:
    """A page that says no more than what was asked for (the way to the other language has that in it)."""
    assert answer.status_code == 404
    content, asked = answer.content.decode(), answer.request["PATH_INFO"]
    assert [trace for trace in owner.traces if trace in content and trace not in asked] == []


def assert_untouched(*houses: House) -> None:
    with as_owner():
        assert {q.state for q in Quote.objects.filter(pk__in=[h.quote.pk for h in houses])} == {"open"}
        assert {o.state for o in Order.objects.filter(pk__in=[h.order.pk for h in houses])} == {
            "awaiting_payment"
        }
    assert all_of(Payment) == []
    assert len(all_of(Order)) == len(houses)
    assert jobs() == []


# --- mine ---


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_my_own_pages_are_there(mine: House, prefix: str) -> None:
    client = browser(mine.holder)
    for name in sorted(PAGES.keys() - TAKES_FORMS):
        answer = client.get(address(name, mine.arguments, prefix))
        assert answer.status_code == 200, name
        if name.endswith("pro_forma") or name == "quote_pdf":
            assert answer.content.startswith(b"%PDF"), name
        elif name == "invoice_pdf":
            assert answer.getvalue() == mine.pdf
            assert answer["Content-Type"] == "application/pdf"
            assert f'filename="{mine.invoice.number}.pdf"' in answer["Content-Disposition"]
        else:
            assert f'<html lang="{"en" if prefix else "nl"}"' in answer.content.decode()


# --- not mine ---


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_pages_of_another_customer_are_not_there(mine: House, theirs: House, method: str) -> None:
    client = browser(mine.holder)
    for name in PAGES:
        for prefix in ("", "/en"):
            where = address(name, theirs.arguments, prefix)
            if method == "post" and name not in TAKES_FORMS:
                assert client.post(where, FORM).status_code == 405, name
            else:
                assert_not_found(ask(client, method, where), theirs)
    assert_untouched(mine, theirs)


@pytest.mark.parametrize("method", ["get", "post"])
def test_nor_are_their_things_below_my_own_number(mine: House, theirs: House, method: str) -> None:
    client = browser(mine.holder)
    for name in WITH_A_THING:
        where = address(name, theirs.arguments | {"number": mine.number})
        if method == "post" and name not in TAKES_FORMS:
            assert client.post(where, FORM).status_code == 405, name
        else:
            assert_not_found(ask(client, method, where), theirs)
    assert_untouched(mine, theirs)


def test_also_not_for_somebody_who_may_act_for_both_under_the_wrong_one(mine: House, theirs: House) -> None:
    make.membership(person=mine.holder, customer=theirs.customer)
    client = browser(mine.holder)
    for name in WITH_A_THING:
        assert_not_found(
            ask(client, "get", address(name, theirs.arguments | {"number": mine.number})), theirs
        )
        answer = client.get(address(name, theirs.arguments), follow=True)
        assert answer.status_code == 200, name
        if answer.streaming:
            assert answer.getvalue() == theirs.pdf  # and closes the file


@pytest.mark.parametrize("odd", ODD)
def test_what_cannot_be_anything_is_not_there_and_breaks_nothing(mine: House, odd: str) -> None:
    client = browser(mine.holder)
    for name in WITH_A_THING:
        thing = str(mine.arguments[PAGES[name][0]])
        where = address(name, mine.arguments).replace(f"/{thing}/", f"/{quote(odd, safe='')}/")
        assert ask(client, "get", where).status_code in (404, 400)
        assert ask(client, "post", where).status_code in (404, 400, 405)


@pytest.mark.parametrize("number", ["0", "99999999999999999999", "10000", "-1", "1e4"])
def test_a_number_that_nobody_has_is_not_there(mine: House, number: str) -> None:
    assert browser(mine.holder).get(f"/k/{number}/").status_code == 404


@pytest.mark.parametrize("field", ["version", "do", "terms"])
def test_a_form_with_odd_signs_in_it_breaks_nothing(mine: House, field: str) -> None:
    client = browser(mine.holder)
    put(client, make.product())
    for name in sorted(TAKES_FORMS - {"download", "pay"}):
        for odd in ("\x00", "\U0001f600", "x" * 100_000):
            assert client.post(address(name, mine.arguments), FORM | {field: odd}).status_code in (
                200,
                302,
                400,
            )


# --- nobody ---


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_is_not_logged_in_is_asked_to_do_that_and_sees_nothing(mine: House, method: str) -> None:
    for name in PAGES:
        answer = ask(browser(), method, address(name, mine.arguments))
        if method == "post" and name not in TAKES_FORMS:
            assert answer.status_code == 405, name
            continue
        assert answer.status_code == 200
        final = answer.redirect_chain[-1][0]
        assert final.startswith(("/account/login/", "/hosting/bestellen/")), name
        content = answer.content.decode()
        assert [trace for trace in mine.traces if trace in content and trace not in final] == []
    assert_untouched(mine)


def test_whether_a_customer_exists_is_not_told_to_who_is_not_logged_in(mine: House) -> None:
    for name in PAGES:
        chains = []
        for number in (mine.number, 99_999):
            answer = browser().get(address(name, mine.arguments | {"number": number}), follow=True)
            assert answer.status_code == 200
            chains.append([(place.replace(str(number), ""), code) for place, code in answer.redirect_chain])
        assert chains[0] == chains[1], name


# --- no longer, or not yet ---


def test_who_may_act_for_a_customer_no_longer_sees_it_no_longer(mine: House, theirs: House) -> None:
    make.membership(person=mine.holder, customer=theirs.customer, role="administration", until=NOW)
    client = browser(mine.holder)
    for name in PAGES:
        assert_not_found(ask(client, "get", address(name, theirs.arguments)), theirs)


def test_access_that_ends_ends_at_once_in_an_open_browser(mine: House) -> None:
    from hospes.customers.models import Membership

    colleague = member(mine.customer, "read_only")
    client = browser(colleague)
    assert client.get(address("overview", mine.arguments)).status_code == 200
    with as_owner():
        Membership.objects.filter(person=colleague).update(until=NOW)
    assert client.get(address("overview", mine.arguments)).status_code == 404


# --- lists ---


def test_a_list_has_only_what_is_the_customers_own(mine: House, theirs: House) -> None:
    client = browser(mine.holder)
    for name in ("overview", "services", "invoices", "orders", "access", "data"):
        content = client.get(address(name, mine.arguments)).content.decode()
        assert [trace for trace in theirs.traces if trace in content] == [], name


def test_the_page_says_for_which_customer_it_is(mine: House, theirs: House) -> None:
    make.membership(person=mine.holder, customer=theirs.customer)
    client = browser(mine.holder)
    assert mine.service.label in client.get(address("services", mine.arguments)).content.decode()
    page = client.get(address("services", theirs.arguments)).content.decode()
    assert theirs.service.label in page
    assert mine.service.label not in page


def test_the_list_of_invoices_goes_on_where_the_page_before_ended(mine: House) -> None:
    for _ in range(29):
        make.invoice(customer=mine.customer)
    client = browser(mine.holder)
    first = client.get(address("invoices", mine.arguments))
    older = first.context["older"]
    second = client.get(address("invoices", mine.arguments) + older)
    numbers = [i.number for page in (first, second) for i in page.context["invoices"]]
    assert (len(first.context["invoices"]), len(second.context["invoices"])) == (25, 5)
    assert len(set(numbers)) == 30
    assert second.context["older"] == ""


_NO_PLACE = [
    "", "x", ":", "2026-03-02", "2026-03-02:", "2026-03-02:x", "2026-13-40:1", "2026-03-02:-1", "2026-03-02:" + "9" * 30,
    "2026-03-02:" + "9" * 5000, "0001-01-01:1", "9999-12-31:1", "2026-03-02:1:2", "\x00:1",
]  # fmt: skip


def test_a_place_in_the_list_that_cannot_be_breaks_nothing(mine: House) -> None:
    client = browser(mine.holder)
    for after in _NO_PLACE:
        answer = client.get(address("invoices", mine.arguments), {"na": after})
        assert answer.status_code == (400 if "\x00" in after else 200), after
