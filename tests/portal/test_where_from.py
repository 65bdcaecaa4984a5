"""The pages about access: the log, the open sessions, and the limits (P11, P12, P25)."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from hospes.accounts.models import AccessLimit, OpenSession
from hospes.kernel import clock, journal
from hospes.kernel.acting import SYSTEM, Actor, acting
from hospes.kernel.purposes import Purpose
from tests.accounts import people
from tests.portal.visit import House, browser, house, member, text
from tests.support.rights import as_owner

pytestmark = [pytest.mark.usefixtures("site"), pytest.mark.promise("P11", "P12", "P25")]

DUTCH, GERMAN = "80.101.1.1", "91.10.1.1"


@pytest.fixture
def mine() -> House:
    return house(kind="business")


def page(mine: House, name: str = "logins") -> str:
    return reverse(f"portal:{name}", kwargs={"number": mine.number})


def note(
    mine: House, person: Any, action: str = "account.login", ip: str = "198.51.100.4", times: int = 1
) -> None:
    with acting(Purpose.ACCESS, actor=Actor.person(person.pk, ip=ip, browser="Firefox 144 on Linux")):
        for _ in range(times):
            journal.record(action, at=clock.now(), person_id=person.pk)


# --- the log --------------------------------------------------------------------------------------------------------------


def test_the_log_says_who_what_and_from_where_in_words(mine: House) -> None:
    note(mine, mine.holder, ip=DUTCH)
    seen = text(browser(mine.holder).get(page(mine)))
    assert "KPN B.V., Nederland 80.101.1.1 · Firefox 144 op Linux" in seen
    assert "Ingelogd" in seen
    assert "DB-IP" in seen  # the licence of what is known about networks


def test_a_holder_filters_by_person_and_by_kind(mine: House) -> None:
    clerk = member(mine.customer, "technical")
    note(mine, mine.holder, ip="198.51.100.4")
    note(mine, clerk, ip="198.51.100.5")
    note(mine, clerk, "account.login_failed", ip="198.51.100.6")
    client = browser(mine.holder)

    def shown(query: str) -> set[str]:
        return set(re.findall(r"198\.51\.100\.\d", text(client.get(page(mine) + query))))

    assert shown("") == {"198.51.100.4", "198.51.100.5", "198.51.100.6"}
    assert shown(f"?wie={clerk.pk}") == {"198.51.100.5", "198.51.100.6"}
    assert shown(f"?wie={clerk.pk}&soort=failed") == {"198.51.100.6"}
    assert shown("?soort=failed") == {"198.51.100.6"}
    assert shown("?wie=x&soort=x&na=x") == {"198.51.100.4", "198.51.100.5", "198.51.100.6"}
    assert clerk.name in text(client.get(page(mine)))


def test_a_stranger_cannot_be_chosen(mine: House) -> None:
    other = people.somebody()
    note(mine, other, ip="198.51.100.9")
    assert "198.51.100.9" not in text(browser(mine.holder).get(page(mine) + f"?wie={other.pk}"))


def test_it_goes_on_page_after_page_and_keeps_the_filter(mine: House) -> None:
    note(mine, mine.holder, times=60)
    client, query, found = browser(mine.holder), "?soort=login", 0
    for _ in range(10):
        content = client.get(page(mine) + query).content.decode()
        found += content.count("198.51.100.4")
        older = re.search(r'rel="next" href="(\?[^"]+)"', content)
        if older is None:
            break
        query = older[1].replace("&amp;", "&")
        assert "soort=login" in query
    assert found == 60


def test_with_htmx_only_the_list_comes_back(mine: House) -> None:
    note(mine, mine.holder)
    answer = browser(mine.holder).get(page(mine), HTTP_HX_REQUEST="true")
    assert "<html" not in answer.content.decode()
    assert "<table" in answer.content.decode()


# --- open sessions ----------------------------------------------------------------------------------------------------------


def who(client: Client, mine: House) -> int:
    return client.get(page(mine)).status_code


def end(client: Client, mine: House, which: object) -> Any:
    return client.post(page(mine, "end_session"), {"session": str(which)}, follow=True)


def open_ids(person: Any) -> list[int]:
    with as_owner():
        return list(
            OpenSession.objects.filter(person_id=person.pk, ended="")
            .order_by("pk")
            .values_list("pk", flat=True)
        )


def test_one_ends_one_of_ones_own_or_all_others(mine: House) -> None:
    first, second, third = (browser(mine.holder) for _ in range(3))
    ids = open_ids(mine.holder)
    end(third, mine, ids[0])
    assert (who(first, mine), who(second, mine), who(third, mine)) == (302, 200, 200)
    end(third, mine, "others")
    assert (who(second, mine), who(third, mine)) == (302, 200)
    assert open_ids(mine.holder) == ids[2:]


def test_who_manages_access_ends_those_of_others_and_of_nobody_else(mine: House) -> None:
    theirs = house(kind="business")
    clerk, stranger = member(mine.customer, "billing"), theirs.holder
    browsers = {person.pk: browser(person) for person in (clerk, stranger)}
    boss = browser(mine.holder)
    assert clerk.name in text(boss.get(page(mine, "sessions")))
    assert stranger.name not in text(boss.get(page(mine, "sessions")))
    end(boss, mine, open_ids(clerk)[0])
    end(boss, mine, open_ids(stranger)[0])
    assert who(browsers[clerk.pk], mine) == 302
    assert who(browsers[stranger.pk], theirs) == 200


def test_who_does_not_sees_and_ends_only_their_own(mine: House) -> None:
    clerk = member(mine.customer, "billing")
    boss = browser(mine.holder)
    client = browser(clerk)
    assert mine.holder.name not in text(client.get(page(mine, "sessions")))
    end(client, mine, open_ids(mine.holder)[0])
    assert who(boss, mine) == 200


def test_ending_is_written_down(mine: House) -> None:
    clerk = member(mine.customer, "billing")
    browser(clerk)
    end(browser(mine.holder), mine, open_ids(clerk)[0])
    assert ("session.ended", "person", clerk.pk, "192.0.2.7") in people.journal()


# --- limits -------------------------------------------------------------------------------------------------------------------


def visitor(person: Any, ip: str, *, fresh: bool = True) -> Client:
    """A browser at an address; without `fresh` of somebody with a password, who has to give it once more."""
    if not fresh:
        with as_owner():
            person.set_password(people.PASSWORD)
            person.save(update_fields=["password"])
    return browser(person, ip=ip, fresh=fresh)


def change(client: Client, mine: House, **form: str) -> Any:
    return client.post(page(mine, "change_limits"), form)


def held(mine: House) -> list[str]:
    with as_owner():
        return [
            row.network or row.country
            for row in AccessLimit.objects.filter(customer=mine.customer).order_by("pk")
        ]


def test_a_holder_limits_the_account_and_elsewhere_nobody_gets_at_it(mine: House) -> None:
    clerk = member(mine.customer, "billing")
    here, there, theirs = visitor(mine.holder, DUTCH), visitor(mine.holder, GERMAN), visitor(clerk, GERMAN)
    assert change(here, mine, country="NL").status_code == 302
    assert held(mine) == ["NL"]
    assert here.get(page(mine, "overview")).status_code == 200
    for client in (there, theirs):
        for name in ("overview", "invoices", "access", "logins", "limits"):
            answer = client.get(page(mine, name))
            assert answer.status_code == 403
            assert "Niet vanaf hier" in text(answer)
            assert mine.invoice.number not in text(answer)
        assert client.post(page(mine, "download")).status_code == 403
    assert "Mail mij de link" in text(there.get(page(mine)))
    assert "Mail mij de link" not in text(theirs.get(page(mine)))


def test_a_stolen_cookie_is_worthless_from_another_network(mine: House) -> None:
    owner = visitor(mine.holder, "192.0.2.7")
    change(owner, mine, network="192.0.2.0/24")
    thief = Client(REMOTE_ADDR="198.51.100.9")
    thief.cookies["hospes_portal"] = owner.cookies["hospes_portal"].value
    assert thief.get(page(mine)).status_code == 403
    assert thief.get("/", follow=True).status_code == 403
    assert owner.get(page(mine)).status_code == 200


def test_being_kept_out_is_written_down_once_a_session(mine: House) -> None:
    change(visitor(mine.holder, DUTCH), mine, country="NL")
    there = visitor(mine.holder, GERMAN)
    for _ in range(3):
        there.get(page(mine))
    assert [entry for entry in people.journal() if entry[0] == "limits.kept_out"] == [
        ("limits.kept_out", "person", mine.holder.pk, GERMAN)
    ]


def test_other_customers_go_on(mine: House) -> None:
    other = house(kind="private")
    from tests.support import make

    make.membership(person=mine.holder, customer=other.customer, role="holder")
    change(visitor(mine.holder, DUTCH), mine, country="NL")
    assert visitor(mine.holder, GERMAN).get(page(other)).status_code == 200


def test_who_would_shut_themself_out_is_asked_whether_they_are_sure(mine: House) -> None:
    client = visitor(mine.holder, DUTCH)
    asked = change(client, mine, country="DE")
    assert asked.status_code == 200
    assert "sluit u uzelf buiten" in text(asked)
    assert held(mine) == []
    assert change(client, mine, country="DE", sure="1").status_code == 302
    assert held(mine) == ["DE"]
    assert client.get(page(mine)).status_code == 403


@pytest.mark.parametrize("form", [{"network": "x"}, {"network": "0.0.0.0/0"}, {"country": "XX"}, {}])
def test_what_cannot_be_is_refused_in_words(mine: House, form: dict[str, str]) -> None:
    answer = change(visitor(mine.holder, DUTCH), mine, **form)
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert held(mine) == []


def test_only_a_holder_who_confirmed_changes_it(mine: House) -> None:
    clerk = member(mine.customer, "administration")
    assert change(visitor(clerk, DUTCH), mine, country="NL").status_code == 403
    asked = change(visitor(mine.holder, DUTCH, fresh=False), mine, country="NL")
    assert "confirm-answer" in asked.content.decode()
    assert held(mine) == []


def test_the_way_back_is_a_link_a_login_and_a_confirmation(mine: House) -> None:
    change(visitor(mine.holder, DUTCH), mine, country="NL")
    there = visitor(mine.holder, GERMAN)
    assert there.post(reverse("ask_lift", kwargs={"number": mine.number})).status_code == 200
    letter = [letter for kind, letter in people.letters() if kind == "account.limit_lift"][-1]
    link = next(word for word in letter.text.split() if "/toegang/opheffen/" in word)
    path = "/" + link.split("/", 3)[3]
    assert Client().get(path).status_code == 302  # logs in first
    assert (
        visitor(member(mine.customer, "holder"), GERMAN).post(path).status_code == 200
    )  # another holder's link
    stale = visitor(mine.holder, GERMAN, fresh=False)
    there = visitor(mine.holder, GERMAN)
    assert "confirm-answer" in stale.post(path).content.decode()
    assert there.get(path).status_code == 200
    assert held(mine) == ["NL"]
    assert there.post(path).status_code == 302
    assert held(mine) == []
    assert there.get(page(mine)).status_code == 200
    change(there, mine, country="DE")
    assert there.post(path).status_code == 200
    assert held(mine) == ["DE"]


def test_who_is_not_kept_out_or_does_not_hold_it_gets_no_link(mine: House) -> None:
    ask = reverse("ask_lift", kwargs={"number": mine.number})
    assert visitor(mine.holder, DUTCH).post(ask).status_code == 404
    change(visitor(mine.holder, DUTCH), mine, country="NL")
    assert visitor(member(mine.customer, "administration"), GERMAN).post(ask).status_code == 404
    assert visitor(people.somebody(), GERMAN).post(ask).status_code == 404
    assert "/account/login/" in Client(REMOTE_ADDR=GERMAN).post(ask)["Location"]


def test_the_database_keeps_them_out_also_where_the_code_forgets(
    mine: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hospes.accounts.origins import guard

    with acting(Purpose.ACCESS, actor=SYSTEM):
        AccessLimit.objects.create(customer_id=mine.customer.pk, country="NL", added_at=clock.now())
    monkeypatch.setattr(guard, "within_limits", lambda held, ip: (held, []))
    seen = text(visitor(mine.holder, GERMAN).get(page(mine, "invoices")))
    assert mine.invoice.number not in seen
    assert mine.invoice.number in text(visitor(mine.holder, DUTCH).get(page(mine, "invoices")))
