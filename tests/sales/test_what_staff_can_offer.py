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
from hospes.sales import delivery, documents, pro_forma, quoting
from hospes.sales.models import Order, Quote, QuoteDraft, QuoteDraftLine, QuoteLine
from hospes.sales.quoting import Line, Words
from hospes.sales.services import QuoteRefused, Wanted
from hospes.services.models import Service
from tests.accounts import people as accounts
from tests.sales.shop import DAY, IP, LATER, accepted, all_of, paid, quoted, wanted
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
    refused(clerk, Line(addition.pk, 12), r"addition|aanvulling")


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


def test_a_version_that_would_lose_something_is_not_begun(clerk: Actor) -> None:
    quote = chosen_in_the_shop("promotion")
    with as_owner():
        quote.refresh_from_db()
    with pytest.raises(QuoteRefused, match="actiecode"):
        begun(quote.customer_id, clerk, replaces=quote)
    assert all_of(QuoteDraft) == []


def said(quote: Quote) -> list[tuple[Any, ...]]:
    """What the lines of a quote say, but for their words."""
    with as_owner():
        lines = list(QuoteLine.objects.filter(quote_id=quote.pk).order_by("position"))
    places = {line.pk: line.position for line in lines}
    return [
        (x.product_id, x.label, x.months, x.quantity, x.net_cents, x.steps_cents, x.choice_ids, x.choice_counts,
         places.get(x.parent_id), x.service_id)
        for x in lines
    ]  # fmt: skip


@pytest.mark.parametrize("how", ["options", "addition", "service"])
def test_a_next_version_says_the_options_and_additions_of_the_one_before(clerk: Actor, how: str) -> None:
    quote = chosen_in_the_shop(how)
    drafted = begun(quote.customer_id, clerk, replaces=quote)
    second = sent(clerk, drafted, drafted.changed_at)
    assert (second.number, second.version, second.total_cents) == (quote.number, 2, quote.total_cents)
    assert said(second) == said(quote)


# --- options and additions ---


def sent(clerk: Actor, drafted: QuoteDraft, seen: Any) -> Quote:
    with acting(Purpose.CONTRACT, actor=clerk):
        return quoting.send(draft=drafted, seen=seen, today=TODAY, now=LATER)


def offered(clerk: Actor, customer: Any, *lines: Line) -> Quote:
    """Write these lines for a customer and send them."""
    drafted = begun(customer.pk, clerk)
    with acting(Purpose.CONTRACT, actor=clerk):
        quoting.save(draft=drafted, words=Words(UNTIL), lines=lines, seen=drafted.changed_at, today=TODAY, now=LATER)  # fmt: skip
    return sent(clerk, drafted, LATER)


def test_staff_and_cart_come_to_the_same_line_with_options_and_an_addition(clerk: Actor) -> None:
    customer, product = make.customer(), make.product(prices={})
    make.price(product=product, months=12, cents=7_500, setup_cents=500)
    [space] = make.option(product=product, kind="quantity", most=5, choices=[{12: 1_000}])
    addition = make.product(kind="addon", belongs_to=product, prices={12: 500})
    staff = offered(
        clerk, customer, Line(addition.pk, 12, 1, "VOORBEELD.test"),
        Line(product.pk, 12, 1, "voorbeeld.test", choices=((space.pk, 3),)),
    )  # fmt: skip
    [of_addition, of_product] = said(staff)
    assert of_product == (product.pk, "voorbeeld.test", 12, 1, 11_000, [10_500], [space.pk], [3], None, None)
    assert of_addition == (addition.pk, "voorbeeld.test", 12, 1, 500, [500], [], [], 2, None)
    assert staff.net_cents == 11_500
    with acting(Purpose.CONTRACT, actor=JOB, customer=customer.pk):
        page = documents.document_of(staff).said
    assert any("3 ×" in line.details for line in page.lines)


def test_what_is_accepted_is_delivered_with_its_options_and_its_addition(clerk: Actor) -> None:
    customer, product = make.customer(), make.product(kind="hosting", prices={12: 7_500})
    [space] = make.option(product=product, kind="quantity", most=5, choices=[{12: 1_000}])
    addition = make.product(kind="addon", belongs_to=product, prices={12: 500})
    quote = offered(
        clerk, customer, Line(product.pk, 12, 1, "voorbeeld.test", choices=((space.pk, 2),)), Line(addition.pk, 12),
    )  # fmt: skip
    order = accepted(quote)
    assert paid(order) is not None
    with acting(Purpose.CONTRACT, actor=JOB):
        delivery.deliver(Order.objects.get(pk=order.pk), now=LATER)
    [whole, added] = all_of(Service)
    assert (whole.choice_ids, whole.choice_counts, whole.product_id) == ([space.pk], [2], product.pk)
    assert (added.belongs_to_id, added.label, added.product_id) == (whole.pk, "voorbeeld.test", addition.pk)


def test_an_addition_for_a_service_that_runs_names_it(clerk: Actor) -> None:
    service = make.service(product=make.product(prices={12: 7_500}))
    addition = make.product(kind="addon", belongs_to=service.product, prices={12: 500})
    customer = service.customer
    quote = offered(clerk, customer, Line(addition.pk, 12, 1, service.label))
    assert said(quote) == [(addition.pk, service.label, 12, 1, 500, [500], [], [], None, service.pk)]
    refused(clerk, Line(addition.pk, 12, 1, service.label), "aanvulling")  # somebody else's


def test_what_cannot_be_had_so_is_refused(clerk: Actor) -> None:
    product, other = make.product(prices={1: 750, 12: 7_500}), make.product(prices={12: 9_000})
    [space] = make.option(product=product, kind="quantity", most=2, choices=[{1: 100, 12: 1_000}])
    addition = make.product(kind="addon", belongs_to=product, prices={1: 50, 12: 500})
    name = "voorbeeld.test"
    refused(clerk, Line(product.pk, 12, 1, name, choices=((space.pk, 3),)), "Regel 1")
    refused(clerk, Line(other.pk, 12, 1, name, choices=((space.pk, 1),)), "Regel 1")
    for lines in (
        [Line(product.pk, 1, 1, name), Line(addition.pk, 12, 1, name)],  # longer than what it belongs to
        [Line(product.pk, 12, 1, name), Line(addition.pk, 1, 1, name)],  # there is one for the same term
        [Line(product.pk, 12, 1, name), Line(addition.pk, 12, 1, "ander.test")],
        [Line(other.pk, 12, 1, name), Line(addition.pk, 12, 1, name)],
        [Line(product.pk, 12, 1, name), Line(product.pk, 12, 1, "b.test"), Line(addition.pk, 12)],
    ):
        with pytest.raises(QuoteRefused, match=r"Regel [23]"):
            written(clerk, *lines)
    assert all_of(QuoteDraftLine) == []


def test_the_page_asks_for_the_options_of_what_stands_on_a_line(clerk: Actor) -> None:
    product = make.product(prices={12: 7_500})
    [space] = make.option(product=product, kind="quantity", most=5, choices=[{12: 1_000}])
    first, second = make.option(product=product, kind="choice", choices=[{12: 0}, {12: 2_000}])
    drafted = begun(make.customer().pk, clerk)
    with as_owner():
        counted, listed = f"line-0-option-{space.option.slug}", f"line-0-option-{first.option.slug}"
    posted = {"line-TOTAL_FORMS": "1", "line-INITIAL_FORMS": "1", "line-0-what": f"{product.pk}:12",
              "line-0-quantity": "1", "line-0-label": "voorbeeld.test"}  # fmt: skip
    with acting(Purpose.CONTRACT, actor=clerk):
        [empty] = forms_quotes.lines_form(TODAY, {**posted, "line-0-what": ""})
        assert empty.options == ()
        [new] = forms_quotes.lines_form(TODAY, posted)  # chosen just now: its options were not on the page
        assert new.is_valid(), new.errors
        [line] = [new.line()]
        assert line is not None
        assert line.choices == ()
        [chosen] = forms_quotes.lines_form(TODAY, {**posted, counted: "2", listed: str(second.pk)})
        assert chosen.is_valid(), chosen.errors
        line = chosen.line()
        assert line is not None
        assert dict(line.choices) == {space.pk: 2, second.pk: 1}
        quoting.save(
            draft=drafted, words=Words(UNTIL), lines=[line], seen=drafted.changed_at, today=TODAY, now=LATER
        )
        [priced] = quoting.priced(drafted, today=TODAY).lines
        assert (priced["net_cents"], priced["details"].count(";")) == (11_500, 1)
        page = str(forms_quotes.lines_form(TODAY, None, list(QuoteDraftLine.objects.all()))[0])
        assert f'value="{second.pk}" ' in page
        [odd] = forms_quotes.lines_form(TODAY, {**posted, counted: "6"})
        assert not odd.is_valid()


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
