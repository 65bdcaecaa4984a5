"""Every page of a customer, for every role: what it may see and do, and that nothing is offered that it may not (P09, P30)."""

import re
from collections import Counter
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from hospes.customers.models import Membership
from hospes.customers.queries import Capacity
from hospes.customers.rules import CAPABILITIES, GIVES, Capability, gives, may
from hospes.payments.models import Payment
from hospes.portal import urls
from tests.portal.visit import House, all_of, browser, house, jobs, member, text
from tests.support import make

pytestmark = [pytest.mark.usefixtures("site"), pytest.mark.promise("P09", "P30")]

ROLES = [str(role) for role in Membership.Role]
EVERYBODY = set(ROLES)
LOOKS = EVERYBODY - {"technical"}
BUYS = {"holder", "administration", "billing"}
MANAGES = {"holder", "administration"}

#: Said here once more, apart from the code: who gets into which page. A page that is not here fails.
OPEN_TO = {
    "overview": EVERYBODY,
    "services": EVERYBODY, "service": EVERYBODY,
    "service_change": BUYS, "service_cancel": BUYS, "service_take_back": BUYS, "service_add": BUYS, "withdraw": BUYS,
    "invoices": LOOKS, "invoice": LOOKS, "invoice_pdf": LOOKS,
    "orders": LOOKS, "order": LOOKS, "quote": LOOKS, "quote_pdf": LOOKS,
    "service_move": {"holder"}, "service_move_back": {"holder"}, "moves": EVERYBODY, "move_offer": BUYS,
    "pay": BUYS, "order_cancel": BUYS, "pay_invoice": BUYS, "invoice_wishes": BUYS, "order_pro_forma": LOOKS, "next_pro_forma": LOOKS, "quote_decide": BUYS, "checkout": BUYS, "collecting": BUYS, "pay_together": BUYS, "balance": BUYS,
    "access_invite": MANAGES, "access_invitation_page": MANAGES, "access_invitation_again": MANAGES,
    "access_invitation_withdraw": MANAGES, "access_member": MANAGES, "access_member_remove": MANAGES,
    "access_hand_over": {"holder"}, "second_step": {"holder"}, "access_leave": EVERYBODY, "addresses": MANAGES,
    "access": EVERYBODY, "logins": EVERYBODY, "sessions": EVERYBODY, "end_session": EVERYBODY, "limits": EVERYBODY,
    "change_limits": {"holder"},
    "data": EVERYBODY, "download": EVERYBODY,
    "direct_debit": LOOKS, "mandate": LOOKS, "sign_mandate": BUYS, "withdraw_mandate": BUYS,
}  # fmt: skip

#: Pages that are files, or lead on.
FILES = {"invoice_pdf", "quote_pdf", "order_pro_forma", "next_pro_forma", "checkout", "sign_mandate"}

#: What is sent to the pages that take forms only.
FORMS: dict[str, dict[str, str]] = {
    "pay": {}, "pay_invoice": {}, "pay_together": {}, "service_take_back": {}, "service_add": {}, "service_move_back": {}, "quote_decide": {"do": "x"}, "download": {},
    "access_invitation_again": {}, "access_invitation_withdraw": {}, "access_member_remove": {},
    "end_session": {}, "change_limits": {}, "withdraw_mandate": {},
}  # fmt: skip

#: Pages of the portal that are about no customer, and why they ask for no role.
WITHOUT_A_CUSTOMER = {
    "operator_css": "colours", "payment_notice": "the provider's", "payment_notices": "the provider's",
    "home": "leads on", "new_customer": "a person's own",
    "invitation": "for who has no access yet", "invitation_account": "for who has no account yet", "contact_address": "for a mailbox",
    "own_address": "a person's own", "own_address_confirm": "a person's own", "own_address_undo": "the old mailbox's own",
    "payment_back": "leads on, to a page that asks", "terms": "public", "withdraw": "for who has no account, too", "processing_terms": "public",
    "shop:catalogue": "public", "shop:cart": "the browser's own", "shop:cart_remove": "the browser's own",
    "shop:cart_code": "the browser's own",
    "ask_lift": "of who is kept out, and looks by itself for what it needs", "lift_limits": "by a link, for one person",
    "pay_link": "by a link, for whoever pays that one invoice",
    "shop:checkout": "leads on", "shop:product": "public",
    "shop:cart_addition": "the browser's own", "shop:domains": "public",
}  # fmt: skip


@pytest.fixture
def mine() -> House:
    return house(kind="business")


def address(name: str, house: House) -> str:
    from django.urls import reverse

    pattern = next(pattern for pattern in urls.urlpatterns if pattern.name == name)
    parts = ("number", *pattern.pattern.converters)
    return reverse(f"portal:{name}", kwargs={part: house.arguments[part] for part in parts})


# --- every page says what it needs ---


def test_every_page_of_a_customer_says_what_it_needs() -> None:
    silent = [
        pattern.name
        for pattern in urls.urlpatterns
        if not isinstance(getattr(pattern.callback, "needs", None), Capability)
    ]
    assert silent == []


def test_every_page_is_in_the_table_above() -> None:
    assert {pattern.name for pattern in urls.urlpatterns} == set(OPEN_TO)


def test_no_other_page_of_the_portal_is_about_a_customer() -> None:
    assert set(_names(get_resolver("hospes.config.urls_portal"))) == set(WITHOUT_A_CUSTOMER)


def _names(resolver: Any, space: str = "") -> Any:
    """All routes but those of a customer's pages and of the login library."""
    for each in resolver.url_patterns:
        if isinstance(each, URLPattern):
            if not (each.name or "").startswith(("account_", "mfa_")):
                yield f"{space}{each.name}"
        elif isinstance(each, URLResolver) and each.app_name != "portal":
            yield from _names(each, f"{each.app_name}:" if each.app_name else space)


def test_what_a_page_needs_is_what_the_table_says() -> None:
    for pattern in urls.urlpatterns:
        needs = pattern.callback.needs
        assert {role for role in ROLES if may(role, needs)} == OPEN_TO[str(pattern.name)], pattern.name


# --- every page, every role ---


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_into_the_pages_that_are_for_it(mine: House, role: str) -> None:
    client = browser(mine.holder if role == "holder" else member(mine.customer, role))
    for name, roles in OPEN_TO.items():
        where = address(name, mine)
        answer = client.post(where, FORMS[name]) if name in FORMS else client.get(where)
        if role not in roles:
            assert answer.status_code == 403, name
            assert f"{mine.holder.name} kan u een andere rol geven" in text(answer), name
            others = [
                mine.invoice.number,
                mine.order.number,
                mine.quote.number,
                mine.service.label,
                mine.invitation.email,
            ]
            assert [trace for trace in others if trace in text(answer)] == [], name
        elif name == "checkout":  # with an empty cart
            assert answer["Location"] == "/hosting/winkelwagen/"
        else:
            assert answer.status_code in (200, 302), name
            if answer.streaming:
                answer.getvalue()


def test_who_may_not_pay_begins_no_payment(mine: House) -> None:
    for role in sorted(EVERYBODY - BUYS):
        assert browser(member(mine.customer, role)).post(address("pay", mine)).status_code == 403
    assert (all_of(Payment), jobs()) == ([], [])


@pytest.mark.parametrize("method", ["get", "post", "head"])
def test_a_role_that_nobody_knows_gets_in_nowhere(
    mine: House, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CAPABILITIES, "read_only", frozenset())
    client = browser(member(mine.customer, "read_only"))
    for name in OPEN_TO:
        if method == "get" and name in FORMS:
            continue
        answer = getattr(client, method)(address(name, mine))
        assert answer.status_code in (403, 405) or (method == "head" and name in FORMS), name


# --- what is offered ---


@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_offered_that_one_may_not(mine: House, role: str) -> None:
    """Every link and every form on every page that a role may see leads to a page that it may see."""
    client = browser(mine.holder if role == "holder" else member(mine.customer, role))
    offered: set[str] = set()
    for name, roles in OPEN_TO.items():
        if role in roles and name not in FORMS and name not in FILES:
            page = client.get(address(name, mine)).content.decode()
            offered |= set(re.findall(rf'(?:href|action)="(/k/{mine.number}/[^"?#]*)', page))
    named = {address(name, mine): name for name in OPEN_TO}
    unknown = offered - set(named)
    assert {named[where] for where in offered & set(named) if role not in OPEN_TO[named[where]]} == set()
    for where in unknown:
        assert client.get(where).status_code != 403, where
    assert address("overview", mine) in offered


def test_the_menu_of_a_technician_has_no_money_in_it(mine: House) -> None:
    page = text(browser(member(mine.customer, "technical")).get(address("overview", mine)))
    assert "Diensten" in page
    assert "Facturen" not in page
    assert "Bestellingen" not in page
    assert mine.invoice.number not in page
    service = text(browser(member(mine.customer, "technical")).get(address("service", mine)))
    assert "€" not in service


def test_the_role_is_that_of_the_customer_that_is_looked_at(mine: House) -> None:
    theirs = house(kind="business")
    make.membership(person=mine.holder, customer=theirs.customer, role="technical")
    client = browser(mine.holder)
    assert client.get(address("invoices", mine)).status_code == 200
    assert client.get(address("invoices", theirs)).status_code == 403


@pytest.mark.parametrize(
    ("role", "sees"), [("administration", True), ("billing", False), ("technical", False)]
)
def test_from_where_others_logged_in_is_for_who_manages_access(mine: House, role: str, sees: bool) -> None:
    from hospes.kernel import clock, journal
    from hospes.kernel.acting import Actor, acting
    from hospes.kernel.purposes import Purpose

    actor = Actor.person(mine.holder.pk, ip="203.0.113.77")
    with acting(Purpose.CONTRACT, actor=actor, customer=mine.customer.pk):
        journal.record("customer.changed", at=clock.now())
    page = text(browser(member(mine.customer, role)).get(address("logins", mine)))
    assert ("203.0.113.77" in page) is sees


# --- the table itself ---


def test_the_table_knows_all_roles_and_no_other() -> None:
    assert set(CAPABILITIES) == set(GIVES) == EVERYBODY
    assert not may("owner", Capability.OWN)
    assert not gives("owner", "read_only")


def test_the_holder_may_everything_and_whoever_reads_only_changes_nothing() -> None:
    assert CAPABILITIES["holder"] == set(Capability)
    changes = {c for c in Capability if not c.startswith("see_")} - {Capability.OWN}
    assert CAPABILITIES["read_only"] & changes == set()
    for role in ROLES:
        assert Capability.OWN in CAPABILITIES[role]


def test_who_gives_access_gives_less_than_they_have() -> None:
    for role in ROLES:
        manages = may(role, Capability.MANAGE_ACCESS)
        assert manages == bool(GIVES[role])
        for other in GIVES[role]:
            assert CAPABILITIES[other] < CAPABILITIES[role] or role == other == "holder"


def test_a_capacity_says_the_same_as_the_table() -> None:
    for role in ROLES:
        capacity = Capacity(1, 1, "x", "private", role)
        assert capacity.capabilities == CAPABILITIES[role]
        assert {what for what in Capability if capacity.may(what)} == CAPABILITIES[role]


@pytest.mark.parametrize("face", ["hospes.portal.urls", "hospes.office.urls"])
def test_each_page_has_an_address_of_its_own(face: str) -> None:
    addresses = Counter(str(each.pattern) for each in get_resolver(face).url_patterns)
    assert [address for address, times in addresses.items() if times > 1] == []
