"""Finding customers: by each key, for the roles that may, by index, and in as many queries at any size."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from hospes.customers.words import folded
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.office import keys
from hospes.office.finding import MOST
from hospes.office.keys import Keys
from tests.office import people
from tests.office.conftest import AsRole
from tests.support import make
from tests.support.rights import as_owner

#: The technician finds customers by number, domain name and user name.
BY_NAME = tuple(role for role in people.ROLES if role != "technician")
CONTRACT = ("billing_clerk", "support_agent", "administrator")

#: What is typed, who finds the customer by it, and what is said of why.
WAYS = {
    "{customer}": (people.ROLES, "klantnummer"),
    "müller": (BY_NAME, "naam"),
    "MULLER": (BY_NAME, "naam"),
    "kraak": (people.ROLES, "naam"),  # of the technician's the beginning of a domain name
    "bv kraakh": (BY_NAME, "naam"),
    "zomp wilm": (BY_NAME, "naam van een contactpersoon"),
    "van der Zomp": (BY_NAME, "naam van een contactpersoon"),
    "{email}": (BY_NAME, "e-mailadres"),
    "boeken@kraak": (BY_NAME, "e-mailadres voor facturen"),
    "020 123 45 67": (("support_agent", "privacy_officer"), "telefoonnummer"),
    "+31 20 123 4567": (("support_agent", "privacy_officer"), "telefoonnummer"),
    "{invoice}": (("billing_clerk", "privacy_officer"), "factuur {invoice}"),
    "{order}": ((*CONTRACT, "privacy_officer"), "bestelling {order}"),
    "{quote}": ((*CONTRACT, "privacy_officer"), "offerte {quote}"),
    "kraakhof.test": ((*CONTRACT, "privacy_officer", "technician"), "domeinnaam kraakhof.test"),
    "https://www.kraakhof.test/contact": (
        (*CONTRACT, "privacy_officer", "technician"),
        "domeinnaam kraakhof.test",
    ),
}


@pytest.mark.django_db
@pytest.mark.login("office")
@pytest.mark.parametrize("role", people.ROLES)
def test_each_key_finds_the_customer_for_the_roles_that_may_search_by_it(as_role: AsRole, role: str) -> None:
    client, case = as_role(role), people.case()
    people.case(name="Heel anders bv", invoice_email="post@anders.test", label="anders.test")
    with as_owner():
        known = {
            "customer": case.customer.number, "email": case.holder.email.upper(), "invoice": case.invoice.number.lower(),
            "order": case.order.number, "quote": case.order.quote.number.replace("-", ""),
        }  # fmt: skip
    shown = known | {"invoice": case.invoice.number, "quote": case.order.quote.number}
    for typed, (roles, why) in WAYS.items():
        page = people.text(client.get("/zoeken/", {"q": typed.format(**known)}))
        assert (case.customer.name in page) == (role in roles), typed
        assert (why.format(**shown) in page.lower() or why.format(**shown) in page) or role not in roles, (
            typed
        )


@pytest.mark.django_db
@pytest.mark.login("office")
def test_the_list_says_name_number_town_and_why_and_nothing_more(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    page = people.text(client.get("/zoeken/?q=kraakhof"))
    for told in (case.customer.name, str(case.customer.number), case.customer.town):
        assert told in page
    for kept in (
        case.customer.street,
        case.customer.postcode,
        case.holder.email,
        people.PHONE,
        case.customer.kvk_number,
    ):
        assert kept not in page


@pytest.mark.django_db
@pytest.mark.login("office")
def test_security_may_not_see_where_somebody_lives_so_the_list_does_not_say_it(as_role: AsRole) -> None:
    client, case = as_role("administrator"), people.case()
    make.restriction(customer=case.customer, purpose=Purpose.CONTRACT)  # which leaves the purpose of security
    page = people.text(client.get("/zoeken/?q=kraakhof"))
    assert case.customer.name in page
    assert case.customer.town not in page


@pytest.mark.django_db
@pytest.mark.login("office")
@pytest.mark.parametrize(
    "typed",
    ["", " ", "x", "@", "!!", "%", "_", "a' OR 1=1 --", "🙂", "x" * 5000, "+" * 30, "𝕏𝕐"],
)
def test_odd_texts_find_nobody_and_break_nothing(as_role: AsRole, typed: str) -> None:
    client, case = as_role("billing_clerk"), people.case()
    assert case.customer.name not in people.text(client.get("/zoeken/", {"q": typed}))


@pytest.mark.django_db
@pytest.mark.login("office")
def test_who_is_renamed_is_found_by_the_new_name_only(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    with as_owner():
        type(case.customer).objects.filter(pk=case.customer.pk).update(name="Zwaluwnest")
        type(case.holder).objects.filter(pk=case.holder.pk).update(given_name="", family_name="")
    for gone in ("kraakhof bv", "zomp", "wilmar"):
        assert "Zwaluwnest" not in people.text(client.get("/zoeken/", {"q": gone})), gone
    assert "Zwaluwnest" in people.text(client.get("/zoeken/?q=zwaluw"))


@pytest.mark.django_db
@pytest.mark.login("office")
def test_who_had_the_use_of_their_data_stopped_is_not_found_for_that_purpose(as_role: AsRole) -> None:
    client, case = as_role("support_agent"), people.case()
    for purpose in (Purpose.CONTRACT, Purpose.SUPPORT):
        make.restriction(customer=case.customer, person=case.holder, purpose=purpose)
    for typed in (
        "kraakhof",
        "zomp",
        str(case.customer.number),
        case.holder.email,
        people.PHONE,
        "kraakhof.test",
    ):
        assert case.customer.name not in people.text(client.get("/zoeken/", {"q": typed})), typed


@pytest.mark.django_db
@pytest.mark.login("office")
def test_of_many_the_first_are_shown_and_the_number_of_queries_stays_the_same(as_role: AsRole) -> None:
    client = as_role("support_agent")
    make.customer(name="Kraanvogel 0")
    with CaptureQueriesContext(connection) as with_one:
        client.get("/zoeken/?q=kraanvogel")
    for n in range(1, MOST + 5):
        make.customer(name=f"Kraanvogel {n}")
    with CaptureQueriesContext(connection) as with_many:
        page = people.text(client.get("/zoeken/?q=kraanvogel"))
    assert page.count("Kraanvogel ") == MOST
    assert "Veel klanten gevonden" in page
    assert len(with_many) == len(with_one)


@pytest.mark.django_db
@pytest.mark.login("office")
def test_the_search_page_is_the_way_to_every_page_of_the_role(as_role: AsRole) -> None:
    client = as_role("administrator")
    page = client.get("/zoeken/").content.decode()
    for url in ("/logboek/", "/controles/", "/werk/onbetaalde-bestellingen/"):
        assert f'href="{url}"' in page.partition("<main")[2]
    main = client.get("/zoeken/?q=logb").content.decode().partition("<main")[2]
    assert 'href="/logboek/"' in main
    assert 'href="/controles/"' not in main
    main = as_role("support_agent").get("/zoeken/").content.decode().partition("<main")[2]
    assert 'href="/logboek/"' not in main


# --- under the row policies, by index -------------------------------------------------------------------------------------

LOOK_UPS = {
    "SELECT customer_id FROM customers_customerword WHERE word ^@ 'kr' ORDER BY word, customer_id LIMIT 26": "one_row_per_word_of_a_customer",
    "SELECT person_id FROM customers_personword WHERE word ^@ 'kraa' ORDER BY word, person_id LIMIT 26": "one_row_per_word_of_a_person",
    "SELECT id FROM customers_person WHERE email ^@ 'kraa' LIMIT 26": "person_by_address",
    "SELECT customer_id, label FROM services_service WHERE label ^@ 'kraa' LIMIT 26": "services_by_label",
    "SELECT customer_id FROM sales_order WHERE number = 'B2026-00001' LIMIT 26": "sales_order_number",
}


@pytest.mark.database
@pytest.mark.django_db
@pytest.mark.parametrize("look_up", LOOK_UPS)
@pytest.mark.parametrize("purpose", [Purpose.CONTRACT, Purpose.SUPPORT])
def test_look_ups_use_an_index_also_where_a_policy_looks_at_every_row(look_up: str, purpose: Purpose) -> None:
    if "sales_order" in look_up and purpose == Purpose.SUPPORT:
        pytest.skip("support finds nobody by an order")
    with acting(purpose, actor=Actor.staff(1)), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {look_up}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert f"using {LOOK_UPS[look_up]}" in plan, plan
    assert "Index Cond" in plan, plan


@pytest.mark.database
@pytest.mark.django_db
def test_the_database_folds_a_name_as_we_fold_what_is_typed() -> None:
    alphabet = st.text(
        st.characters(codec="utf-8", max_codepoint=0x17F, exclude_characters="\x00İıſ"), max_size=40
    )

    @given(alphabet)
    def same(name: str) -> None:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("SELECT array(SELECT customers_folded(%s))", [name])
            assert sorted(cursor.fetchone()[0]) == sorted(folded(name))

    same()


@pytest.mark.database
@pytest.mark.django_db
def test_the_words_go_with_the_one_they_are_of() -> None:
    customer = make.customer(name="Kraanvogel & Zonen")
    with as_owner(), connection.cursor() as cursor:

        def words() -> list[str]:
            cursor.execute(
                "SELECT word FROM customers_customerword WHERE customer_id = %s ORDER BY 1", [customer.pk]
            )
            return [word for (word,) in cursor.fetchall()]

        assert words() == ["kraanvogel", "zonen"]
        cursor.execute("UPDATE customers_customer SET name = 'Reiger' WHERE id = %s", [customer.pk])
        assert words() == ["reiger"]
        for table in ("customers_membership", "billing_taxstatus"):
            cursor.execute(f"DELETE FROM {table} WHERE customer_id = %s", [customer.pk])
        cursor.execute("DELETE FROM customers_customer WHERE id = %s", [customer.pk])
        assert words() == []


# --- what somebody may have meant -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("10042", Keys(number=10042, label="10042")),
        ("  Jan   de Vries ", Keys(words=("vries", "jan", "de"))),
        ("info@Voorbeeld.NL", Keys(address="info@voorbeeld.nl")),
        ("f202600042", Keys(words=("f202600042",), document="F2026-00042", label="f202600042")),
        ("F2026-00042", Keys(words=("f2026", "00042"), document="F2026-00042", label="f2026-00042")),
        ("06 12 34 56 78", Keys(phone="+31612345678")),
        ("0612345678", Keys(number=612345678, phone="+31612345678", label="0612345678")),
        ("https://www.voorbeeld.nl/x", Keys(words=("voorbeeld", "https", "www", "nl"), label="voorbeeld.nl")),
        ("bücher.nl", Keys(words=("bucher", "nl"), label="xn--bcher-kva.nl")),
        ("a", Keys()),
        ("@x", Keys()),
    ],
)
def test_a_text_is_every_key_that_it_can_be(typed: str, meant: Keys) -> None:
    assert keys.read(typed) == meant


@given(st.text(max_size=300))
def test_any_text_can_be_read(typed: str) -> None:
    read = keys.read(typed)
    assert read.number is None or read.number < 10**12
    assert all(len(word) >= 2 for word in read.words)
