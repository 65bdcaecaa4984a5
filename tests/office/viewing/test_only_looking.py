"""What is shown as the customer sees it, and that nothing can be changed there, whatever a page tries (P30)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.urls import get_resolver
from django.utils.translation import override

from hospes.accounts.models import Viewing
from hospes.accounts.viewing.middleware import URLCONF, Shows
from hospes.accounts.viewing.pages import PAGES
from hospes.catalogue.models import Product
from hospes.customers.models import Customer, Membership
from hospes.kernel import clock, journal
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.portal import urls
from hospes.portal.views import account
from tests.office import people
from tests.office.conftest import AsRole
from tests.office.viewing import looks
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office"), pytest.mark.promise("P30")]

#: Pages that hold a secret, make one, or hand everything out: never shown.
NEVER = {
    "second_step",
    "download",
    "access_invite",
    "access_invitation_page",
    "access_member",
    "access_hand_over",
    "access_leave",
    "checkout",
}


def test_each_page_in_the_list_is_one_of_the_portals_and_no_other_says_that_it_is_shown() -> None:
    marked = {str(p.name): getattr(p.callback, "shows", None) for p in urls.urlpatterns}
    shown = {name: shows for name, shows in marked.items() if isinstance(shows, Shows)}
    assert {shows.page for shows in shown.values()} == set(PAGES)
    assert len(shown) == len(PAGES)
    assert not NEVER & set(shown)


def all_routes() -> list[tuple[str, Any]]:
    """Every address below /zien/, filled in with something."""
    with override("nl"):
        found = get_resolver(URLCONF).reverse_dict
        [prefix] = [
            r for r in get_resolver(URLCONF).url_patterns if "LocalePrefix" in type(r.pattern).__name__
        ]
        below = next(r for r in prefix.url_patterns if str(r.pattern) == "zien/")
    assert found is not None
    return [(path, view) for path, view in _walk(below.url_patterns, "/zien/")]


def _walk(patterns: Any, before: str) -> list[tuple[str, Any]]:
    found = []
    for pattern in patterns:
        path = before + str(pattern.pattern).lstrip("^").rstrip("$")
        if hasattr(pattern, "url_patterns"):
            found += _walk(pattern.url_patterns, path)
        else:
            found.append((path, pattern.callback))
    return found


def test_no_form_is_taken_at_any_address(as_role: AsRole) -> None:
    client, case = as_role("support_agent", "billing_clerk"), people.case()
    looks.begin(client, case)
    before = _everything()
    for path, _view in all_routes():
        filled = path.replace("<int:number>", str(case.customer.number))
        for what in ("int:", "str:", "slug:"):
            filled = filled.replace(f"<{what}", "<")
        filled = "".join(part.partition(">")[2] if ">" in part else part for part in _with_ones(filled))
        for method in (client.post, client.put, client.delete, client.patch):
            answer = method(filled, {"do": "accept", "terms": "on"})
            # An address that is made otherwise than ours leads nowhere.
            assert answer.status_code in (405, 404), (path, filled, answer.status_code)
    assert _everything() == before


def _with_ones(path: str) -> list[str]:
    pieces = path.split("<")
    return [pieces[0], *["x>" + "1" + piece.partition(">")[2] for piece in pieces[1:]]]


def _everything() -> dict[str, int]:
    """How many rows each table of ours has."""
    with as_owner(), connection.cursor() as cursor:
        counted = {}
        for table in connection.introspection.table_names(cursor):
            if table not in ("accounts_session", "hospes_cache"):
                cursor.execute(f'SELECT count(*) FROM "{table}"')
                counted[table] = cursor.fetchone()[0]
        return counted


@pytest.mark.parametrize("roles", [("support_agent",), ("administrator",), ("support_agent", "billing_clerk"),
                                   ("administrator", "privacy_officer", "billing_clerk", "support_agent")])  # fmt: skip
def test_a_page_is_shown_where_a_role_acts_for_it(as_role: AsRole, roles: tuple[str, ...]) -> None:
    client, case = as_role(*roles), people.case()
    looks.begin(client, case)
    acts_for = {purpose.value for role in roles for purpose in people.ACTS_FOR[role]}
    for page, wanted in looks.PAGES.items():
        answer = client.get(looks.address(case, page))
        shown = not wanted or bool(wanted & acts_for)
        if page.endswith("pdf/"):
            assert answer.status_code == (404 if shown else 403), page  # this one's file is not on this disk
        else:
            assert answer.status_code == (200 if shown else 403), page
        if not shown:
            assert "bij geen van uw rollen" in answer.content.decode(), page


def test_the_overview_leaves_out_what_the_role_does_not_act_for(as_role: AsRole) -> None:
    case = people.case()
    for roles, has_invoices in ((("support_agent",), False), (("support_agent", "billing_clerk"), True)):
        client = as_role(*roles)
        looks.begin(client, case)
        shown = people.text(client.get(looks.address(case)))
        assert (case.invoice.number in shown) is has_invoices
        assert ("Weggelaten" in shown) is not has_invoices


def test_the_page_is_the_customers_own_below_a_bar_that_says_so(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    viewing = looks.begin(client, case)
    page = client.get(looks.address(case)).content.decode()
    bar, main = page.partition('class="viewing"')[2], page.partition("<main")[2]
    assert f"Müller-Kraakhof bv (klant {case.customer.number}) zoals Wilmar van der Zomp ze ziet" in bar
    assert looks.REASON in bar
    assert f'action="{case.page}zien/{viewing.pk}/stoppen/"' in bar
    assert "Wilmar van der Zomp" in main
    assert viewing.staff.name not in page
    assert main.count("<form") == 0 or "<fieldset" in main.partition("<form")[0]
    assert f'href="/zien/k/{case.customer.number}/diensten/"' in page
    english = client.get("/en" + looks.address(case)).content.decode()
    assert "You see the pages of Müller-Kraakhof bv" in english
    assert f'href="/en/zien/k/{case.customer.number}/diensten/"' in english


@pytest.mark.parametrize(
    "page",
    [
        "adressen/",
        "offertes/{quote}/",
        "bestellingen/{order}/",
        "toegang/",
        "toegang/plaatsen/",
        "toegang/sessies/",
    ],
)
def test_every_form_in_a_page_is_disabled(as_role: AsRole, page: str) -> None:
    client, case = as_role("support_agent", "billing_clerk", "administrator"), people.case()
    looks.begin(client, case)
    main = (
        client.get(looks.address(case, page)).content.decode().partition("<main")[2].partition("</main>")[0]
    )
    before, fieldset, after = main.partition('<fieldset class="only-shown" disabled>')
    assert fieldset
    assert "<form" not in before
    assert after.rstrip().endswith("</fieldset>")


@pytest.mark.parametrize("path", ["k/{number}/toegang/tweede-stap/", "k/{number}/gegevens/downloaden/", "k/{number}/toegang/uitnodigen/",
                                  "account/2fa/", "account/2fa/recovery-codes/", "account/password/change/", "account/programs/",
                                  "account/login/", "account/logout/", "hosting/", ""])  # fmt: skip
def test_what_holds_a_secret_or_changes_something_is_not_shown(as_role: AsRole, path: str) -> None:
    client, case = as_role("support_agent", "administrator", "privacy_officer"), people.case()
    looks.begin(client, case)
    begun = looks.entries()
    answer = client.get("/zien/" + path.format(number=case.customer.number))
    assert answer.status_code == 403
    assert "Deze pagina krijgt u niet te zien" in answer.content.decode()
    assert looks.entries() == begun


# --- whatever a page tries ------------------------------------------------------------------------------------------------


def _raw(sql: str) -> Callable[[people.Case], object]:
    def run(case: people.Case) -> object:
        with connection.cursor() as cursor:
            return cursor.execute(sql)

    return run


def _as_customer(case: people.Case) -> object:
    return Customer.objects.filter(pk=case.customer.pk).update(name="Anders")


WRITES: dict[str, Callable[[people.Case], object]] = {
    "a row of the customer": _as_customer,
    "the journal": lambda case: journal.record("staff.looked", at=clock.now()),
    "a new row": lambda case: Membership.objects.create(customer=case.customer, person=case.holder, role="holder", since=clock.now()),
    "the cache": lambda case: cache.set("x", 1),
    "writable again": _raw("SET TRANSACTION READ WRITE"),
    "a job": _raw("SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('q','t',0,NULL,NULL,'{}',NULL)]::procrastinate_job_to_defer_v1[])"),
    "a lock on rows": lambda case: list(Customer.objects.select_for_update().filter(pk=case.customer.pk)),
}  # fmt: skip


@pytest.mark.parametrize("what", WRITES)
def test_a_page_that_writes_is_refused_by_the_database(
    as_role: AsRole, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    client, case = as_role("support_agent"), people.case()
    looks.begin(client, case)
    before = _everything()
    monkeypatch.setattr(account.services, "entitlements", lambda *_args, **_more: WRITES[what](case) and [])
    answer = client.get(looks.address(case, "diensten/"))
    assert answer.status_code == 403, what
    assert "zou iets hebben gewijzigd" in answer.content.decode()
    after = _everything()
    assert after.pop("kernel_journalentry") == before.pop("kernel_journalentry") + 1  # that it was opened
    assert after == before
    monkeypatch.undo()
    assert client.get(looks.address(case, "diensten/")).status_code == 200
    with as_owner():
        assert Customer.objects.get(pk=case.customer.pk).name == "Müller-Kraakhof bv"


BEYOND: dict[str, dict[str, Any]] = {
    "a purpose of none of the roles": {"purpose": Purpose.BILLING, "customer": 0},
    "everybody": {"purpose": Purpose.CONTRACT},
    "another customer": {"purpose": Purpose.CONTRACT, "customer": 1},
    "another person": {"purpose": Purpose.CONTRACT, "person": 1},
    "as somebody else": {"purpose": Purpose.CONTRACT, "customer": 0, "actor": Actor.staff(1)},
    "as the customer": {"purpose": Purpose.CONTRACT, "customer": 0, "actor": Actor.person(1)},
}


@pytest.mark.parametrize("what", BEYOND)
def test_a_page_that_acts_beyond_its_bounds_is_refused(
    as_role: AsRole, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    client, case, tried = as_role("support_agent"), people.case(), dict(BEYOND[what])
    viewing = looks.begin(client, case)
    actor = tried.pop("actor", Actor.staff(viewing.staff_id))
    if tried.get("customer") == 0:
        tried["customer"] = case.customer.pk

    def act(*_args: Any, **_more: Any) -> list[Any]:
        with acting(tried.pop("purpose"), actor=actor, **tried):
            return list(Product.objects.all())

    monkeypatch.setattr(account.services, "entitlements", act)
    assert client.get(looks.address(case, "diensten/")).status_code == 403


def test_looking_leaves_no_trace_of_the_person_being_there(as_role: AsRole) -> None:
    client, case = (
        as_role("support_agent", "billing_clerk", "administrator", "privacy_officer"),
        people.case(),
    )
    before, sessions = looks.of_person(case.holder), looks.stored_sessions()
    looks.begin(client, case)
    for page in looks.PAGES:
        client.get(looks.address(case, page))
    client.get("/zien/account/logout/")
    assert looks.of_person(case.holder) == before
    assert looks.stored_sessions() == sessions
    assert "hospes_cart" not in client.cookies
    assert "hospes_portal" not in client.cookies
    with as_owner():
        assert Viewing.objects.count() == 1
