"""What staff put on a quote can be delivered, and a next version loses nothing of the one before (P15, P42)."""

from datetime import date
from typing import Any

import pytest

from hospes.accounts.models.staff import StaffRole
from hospes.catalogue import queries as catalogue
from hospes.catalogue.models import RegistryNotice
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.office import forms_quotes
from hospes.sales import documents, pro_forma, quoting
from hospes.sales.models import Quote, QuoteDraft, QuoteDraftLine, QuoteLine
from hospes.sales.quoting import Line, Words
from hospes.sales.services import QuoteRefused, Wanted
from tests.accounts import people as accounts
from tests.sales.shop import DAY, IP, LATER, accepted, all_of, quoted, wanted
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P15")]
UNTIL = TODAY + 20 * DAY


@pytest.fixture(autouse=True)
def _rate(_rights: None) -> None:
    make.vat_rates()


@pytest.fixture
def clerk() -> Actor:
    assert StaffRole.objects.filter(pk="billing_clerk").exists()
    return Actor.staff(accounts.colleague("billing_clerk").pk, ip=IP)


def begun(customer_id: int, actor: Actor, key: str = "t", replaces: Quote | None = None) -> QuoteDraft:
    with acting(Purpose.CONTRACT, actor=actor):
        return quoting.begin(customer_id=customer_id, author_id=actor.id, words=Words(UNTIL), key=key, now=NOW, replaces=replaces)  # fmt: skip


def written(actor: Actor, *lines: Line) -> None:
    """Write these lines, of which one is refused or none."""
    drafted = begun(make.customer().pk, actor)
    with acting(Purpose.CONTRACT, actor=actor):
        quoting.save(draft=drafted, words=Words(UNTIL), lines=lines, seen=drafted.changed_at, today=TODAY, now=LATER)  # fmt: skip


def refused(actor: Actor, line: Line, words: str) -> None:
    with pytest.raises(QuoteRefused, match=words):
        written(actor, line)


def notice(product: Any, valid_from: date = TODAY) -> None:
    texts = {f"{t}_{n}": "x" for t in ("gets", "public_private", "public_business") for n in ("nl", "en")}
    with as_owner():
        RegistryNotice.objects.create(
            product=product, version=str(valid_from), valid_from=valid_from, registry="x", **texts
        )


def test_an_addition_is_not_offered_without_what_it_belongs_to(clerk: Actor) -> None:
    addition = make.product(kind="addon", belongs_to=make.product(), prices={12: 500})
    refused(clerk, Line(addition.pk, 12, 1, "voorbeeld.test"), r"addition|aanvulling")
    with acting(Purpose.CONTRACT, actor=clerk):
        assert f"{addition.pk}:12" not in dict(forms_quotes.products(TODAY))


def test_a_domain_name_is_of_its_extension_and_its_registry_is_known(clerk: Actor) -> None:
    product = make.product(kind="domain", extension=".nl", prices={12: 900})
    line = Line(product.pk, 12, 1, "voorbeeld.nl")
    refused(clerk, line, r"registry|register")
    notice(product, TODAY + DAY)
    refused(clerk, line, r"registry|register")
    notice(product)
    refused(clerk, Line(product.pk, 12, 1, "voorbeeld.com"), r"\.nl")
    written(clerk, line)


def test_not_more_than_can_be_had_at_a_time_and_never_for_nothing(clerk: Actor) -> None:
    counted = make.product(kind="monitoring", most=3, prices={12: 900})
    written(clerk, Line(counted.pk, 12, 3, "voorbeeld.test"))
    refused(clerk, Line(counted.pk, 12, 4, "voorbeeld.test"), "3")
    refused(clerk, Line(counted.pk, 12, 1, "  "), r"what it is for|waarvoor")


def test_work_needs_no_name(clerk: Actor) -> None:
    written(clerk, Line(make.product(kind="work", unit_nl="uur", unit_en="hour", prices={0: 9_000}).pk, 0))


def chosen_in_the_shop(how: str) -> Quote:
    """A quote of the shop with something in it that a draft cannot say."""
    customer, product = make.customer(), make.product(prices={12: 7_500})
    if how == "promotion":
        quote = quoted(customer, wanted(product=product))
        with as_owner():
            Quote.objects.filter(pk=quote.pk).update(promotion=make.promotion())
        return quote
    if how == "options":
        [choice] = make.option(product=product, choices=[{12: 1_000}])
        words = {"choices": ((choice.pk, 1),), "details": "x"}
        return quoted(customer, Wanted(product.pk, product.name_nl, "a.test", 12, 8_500, **words))  # type: ignore[arg-type]
    addition = make.product(kind="addon", belongs_to=product, prices={12: 500})
    if how == "service":
        service = make.service(customer=customer, product=product)
        return quoted(customer, Wanted(addition.pk, addition.name_nl, service.label, 12, 500, service_id=service.pk))  # fmt: skip
    return quoted(
        customer, wanted(product=product), Wanted(addition.pk, addition.name_nl, "voorbeeld.test", 12, 500, parent=0)
    )  # fmt: skip


def test_the_files_say_how_many_with_which_options_and_whose_reference() -> None:
    customer, product = make.customer(kind="business"), make.product(most=5, prices={12: 7_500})
    quote = quoted(customer, wanted(22_500, product=product, quantity=3, details="Ruimte: 2 × 10 GB"))
    with as_owner():
        Quote.objects.filter(pk=quote.pk).update(reference="Ref 7", purchase_order="PO-9")
        quote.refresh_from_db()
    order = accepted(quote)
    with acting(Purpose.CONTRACT, actor=JOB, customer=customer.pk):
        [line] = documents.document_of(quote).said.lines
        assert "Ruimte: 2 × 10 GB" in line.details
    with acting(Purpose.BILLING, actor=JOB, customer=customer.pk):
        page = pro_forma.of_order(order, language="nl", today=TODAY)
        [line] = page.lines
    assert (line.quantity, line.unit_price_cents, line.net_cents) == (3, 7_500, 22_500)
    assert line.details == "voorbeeld.test · Ruimte: 2 × 10 GB"
    assert (page.buyer_reference, page.order_reference) == ("Ref 7", "PO-9")


@pytest.mark.parametrize("how", ["options", "addition", "service", "promotion"])
def test_a_version_that_would_lose_something_is_not_begun(clerk: Actor, how: str) -> None:
    quote = chosen_in_the_shop(how)
    with as_owner():
        quote.refresh_from_db()
    with pytest.raises(QuoteRefused, match=r"options|opties"):
        begun(quote.customer_id, clerk, replaces=quote)
    assert all_of(QuoteDraft) == []


def test_what_a_customer_put_in_the_cart_without_more_gets_a_next_version_at_the_same_price(
    clerk: Actor,
) -> None:
    quote = quoted(make.customer(), wanted())
    drafted = begun(quote.customer_id, clerk, replaces=quote)
    with acting(Purpose.CONTRACT, actor=clerk):
        second = quoting.send(draft=drafted, seen=drafted.changed_at, today=TODAY, now=LATER)
    assert (second.number, second.version, second.total_cents) == (quote.number, 2, quote.total_cents)


def test_what_is_no_longer_for_sale_stays_on_its_line_and_says_so(clerk: Actor) -> None:
    product = make.product(prices={12: 7_500})
    drafted = begun(make.customer().pk, clerk)
    with acting(Purpose.CONTRACT, actor=clerk):
        line = Line(product.pk, 12, 1, "voorbeeld.test")
        quoting.save(draft=drafted, words=Words(UNTIL), lines=[line], seen=drafted.changed_at, today=TODAY, now=LATER)  # fmt: skip
    with as_owner():
        type(product).objects.filter(pk=product.pk).update(for_sale=False)
    assert catalogue.offer(slug=product.slug, months=12, today=TODAY) is None
    with acting(Purpose.CONTRACT, actor=clerk):
        held = list(QuoteDraftLine.objects.filter(draft_id=drafted.pk))
        page = str(forms_quotes.lines_form(TODAY, None, held)[0]["what"])
        assert f'value="{product.pk}:12" selected' in page
        posted = {"line-TOTAL_FORMS": "1", "line-INITIAL_FORMS": "1", "line-0-what": f"{product.pk}:12",
                  "line-0-quantity": "1", "line-0-label": "voorbeeld.test"}  # fmt: skip
        again = forms_quotes.lines_form(TODAY, posted, held)
        assert again.is_valid()
        with pytest.raises(QuoteRefused):
            quoting.priced(drafted, today=TODAY)
    assert all_of(QuoteLine) == []


def test_a_number_of_a_text_of_ones_own_is_refused_and_not_ignored(clerk: Actor) -> None:
    posted = {"line-TOTAL_FORMS": "1", "line-INITIAL_FORMS": "0", "line-0-what": "free", "line-0-description": "Uren",
              "line-0-cents": "100", "line-0-quantity": "3"}  # fmt: skip
    with acting(Purpose.CONTRACT, actor=clerk):
        assert list(forms_quotes.lines_form(TODAY, posted)[0].errors) == ["quantity"]
        assert forms_quotes.lines_form(TODAY, posted | {"line-0-quantity": "1"}).is_valid()
