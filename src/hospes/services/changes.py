"""Another package, number or term, or other options: at once with a settlement, or from the next term on. For the contract."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from hospes.catalogue.models import Product
from hospes.catalogue.queries import Offer, offers, words_of
from hospes.customers.queries import addressee
from hospes.kernel import journal
from hospes.services import kinds, options, paid, rules
from hospes.services.models import Charge, Content, RaisedService, Service, State
from hospes.services.services import Asked, fill, note
from hospes.services.words import refusal_words

#: States in which the content of a service can be changed.
CHANGEABLE = (State.ACTIVE,)
#: Kinds that never become another product: a name is of its extension, an addition is what it is.
STAYS = (Product.Kind.DOMAIN, Product.Kind.ADDON)


class ChangeRefused(Exception):
    """It cannot be changed so. `code` is one of words.REFUSALS; the message is fit to show to the customer."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def __str__(self) -> str:
        return refusal_words(self.code)


@dataclass(frozen=True)
class Wanted:
    """What a service is to become; `price_cents` for one with its options (ids of choices, how many), for a term, without VAT."""

    product_id: int
    quantity: int
    months: int
    price_cents: int
    choices: tuple[tuple[int, int], ...] = field(default=(), compare=False)
    parts: tuple[rules.Part, ...] = field(default=(), compare=False)  # what these have in the price

    @property
    def term_cents(self) -> int:
        return self.price_cents * self.quantity

    @property
    def options(self) -> dict[str, list[int]]:
        """The options as columns."""
        return {"choice_ids": [pk for pk, _ in self.choices], "choice_counts": [n for _, n in self.choices]}


@dataclass(frozen=True)
class Proposal:
    """A change as it would be: from which day, and what it comes to at once (nothing, when it begins with the next term)."""

    wanted: Wanted
    at_once: bool
    on: date
    settlement: rules.Settlement

    @property
    def cents(self) -> int:
        """To be paid at once without VAT; below zero, what is given back."""
        return self.settlement.total_cents


def wanted(
    service: Service, *, product_id: int, quantity: int, months: int, today: date, choices: Mapping[int, int] | None = None
) -> Wanted:  # fmt: skip
    """
    What a service can become, at today's price; what stays the same package and term keeps the price that was agreed.

    `choices`: its options from then on, by ids and how many of each. Without, those that it has come along where the other
    package has them too: `words_of` says which those are. Of the same package and term what is added comes to the agreed price
    at today's, and what goes is taken off at what it came to it (rules.with_options).

    Raises ChangeRefused for what is not on offer.
    """
    most = Product.objects.values_list("most", flat=True).get(pk=product_id)
    # What somebody has already of a product of which fewer can be had by now stays possible.
    if not 1 <= quantity <= max(most, service.quantity):
        raise ChangeRefused("not_offered")
    if (product_id, months) == (service.product_id, service.months):
        return _the_same(service, quantity, choices, today)
    kind = Product.objects.values_list("kind", flat=True).get(pk=service.product_id)
    if kind in STAYS and product_id != service.product_id:
        raise ChangeRefused("not_offered")
    for offer in offers(today=today):
        if (offer.product.pk, offer.months) == (product_id, months) and offer.product.kind == kind:
            kept = _carried(service, offer) if choices is None else choices
            return _of_offer(offer, quantity, kept, today)
    raise ChangeRefused("not_offered")


def _the_same(service: Service, quantity: int, choices: Mapping[int, int] | None, today: date) -> Wanted:
    has = options.held(service)
    found = options.of_the_same(service, has if choices is None else choices, today=today)
    if found is None:
        raise ChangeRefused("option_not_offered")
    return Wanted(service.product_id, quantity, service.months, *found)


def _of_offer(offer: Offer, quantity: int, choices: Mapping[int, int], today: date) -> Wanted:
    kept = offer.chosen(choices)
    if kept is None:
        raise ChangeRefused("option_not_offered")
    cents = offer.cents + sum(each.amounts.cents * n for each, n in kept)
    found = tuple((each.choice.pk, n) for each, n in kept)
    parts = tuple(rules.Part(each.choice.pk, n, each.amounts.cents, today) for each, n in kept)
    return Wanted(offer.product.pk, quantity, offer.months, cents, found, parts)


def _carried(service: Service, offer: Offer) -> dict[int, int]:
    """The options of a service as another package has them: the same, or the one in the same place of the option of that name."""
    carried = options.places(service).in_offer(offer)
    return carried if offer.chosen(carried) is not None else {}


def each_of(service: Service, offered: Iterable[Offer], *, today: date) -> list[Wanted]:
    """What one of each of these packages and terms would be with the options that a service has; for lists to choose from."""
    places, found = options.places(service), list[Wanted]()
    for offer in offered:
        if (offer.product.pk, offer.months) == (service.product_id, service.months):
            has = tuple(options.held(service).items())
            found.append(Wanted(service.product_id, 1, service.months, service.price_cents, has))
            continue
        carried = places.in_offer(offer)
        found.append(_of_offer(offer, 1, carried if offer.chosen(carried) is not None else {}, today))
    return found


def propose(service: Service, want: Wanted, *, at_once: bool, today: date) -> Proposal:
    """What a change comes to on a day; raises ChangeRefused when it cannot be made."""
    if service.state == State.CANCELLED:
        raise ChangeRefused("cancelled")
    if service.state not in CHANGEABLE or service.ends_on is not None:
        raise ChangeRefused("not_now")
    as_it_is = Wanted(service.product_id, service.quantity, service.months, service.price_cents)
    if want == as_it_is and dict(want.choices) == options.held(service):
        raise ChangeRefused("no_change")
    if not at_once:
        if is_invoiced(
            service
        ):  # it begins within days, and is paid for: what comes after it is planned from then on
            raise ChangeRefused("not_now")
        if _is_the_same(service, want) and _raises().goes_first(service):
            raise ChangeRefused("raise_goes_first")
        return Proposal(want, False, service.renews_on, rules.Settlement(0, 0))
    if want.months != service.months or today >= service.renews_on:
        raise ChangeRefused("only_at_term_end")
    if _has_other_length(service):
        raise ChangeRefused("not_now")
    return Proposal(want, True, today, _settlement(service, want, today))


def _settlement(service: Service, want: Wanted, today: date) -> rules.Settlement:
    """
    What of the paid terms is given back, and charged instead: each term at its price.

    More of the same has the introductory price as well, and the raised one in a term that was invoiced at it; other options
    come to that, or are taken off it.
    """
    back, charged, is_same = 0, 0, _is_the_same(service, want)
    for was in paid.terms(service, today):
        keeps = is_same and (was.intro_cents is not None or was.is_raised)
        each = rules.going_on(was.each_cents, _by(service, want)) if keeps else want.price_cents
        back += was.unused(today)
        charged += rules.unused(each * want.quantity, was.term, today)
    return rules.Settlement(back, charged)


def _is_the_same(service: Service, want: Wanted) -> bool:
    """Whether it stays the same package and term: with another number or other options it is the same contract at its prices."""
    return (want.product_id, want.months) == (service.product_id, service.months)


def _by(service: Service, want: Wanted) -> int:
    """By how much other options change the price of what stays the same."""
    return want.price_cents - service.price_cents


def _options_cents(service: Service, want: Wanted) -> int:
    """What the options that were changed since the price was agreed come to by now: see Content."""
    if not _is_the_same(service, want):
        return 0
    held = Content.objects.filter(service_id=service.pk, until_on=None).first()
    return (held.options_cents if held else 0) + _by(service, want)


def carry_out(service: Service, proposal: Proposal, *, origin: str, asked: Asked, now: datetime) -> None:
    """Make a change that was proposed, of a service that the caller has locked. `origin` makes its charges unique."""
    stays = _raise_that_stays(service, proposal)
    replaced = Content.objects.filter(service_id=service.pk, settled_at=None, raised=None).exists()
    _unplan(service, now)
    if replaced:
        note(service, was=service.state, became=service.state, reason="plan_replaced", now=now, asked=asked)
    if proposal.at_once:
        _charge(service, proposal, origin=origin, now=now)
        _become(service, proposal.wanted, on=proposal.on, asked=asked, now=now)
        if stays is not None:
            _raises().place_again(service, stays)
    else:
        _plan(service, proposal, asked=asked, now=now)


def _raise_that_stays(service: Service, proposal: Proposal) -> Content | None:
    """A raise of a term that was invoiced at it already, when only the number changes before it begins."""
    found = _invoiced(service).filter(raised__isnull=False).first()
    return found if proposal.at_once and _is_the_same(service, proposal.wanted) else None


def _become(service: Service, want: Wanted, *, on: date, asked: Asked, now: datetime) -> None:
    options_cents, by = _options_cents(service, want), _by(service, want)
    is_same, was = _is_the_same(service, want), options.parts_of(service)
    Content.objects.filter(service_id=service.pk, until_on=None).update(until_on=on)
    _set(service, want, intro_by=by if is_same else None)
    fill(
        service, from_on=on, now=now, details=details_of(service, want, now=now), options_cents=options_cents,
        parts=want.parts,
    )  # fmt: skip
    if is_same:
        _raise_along(service, by, was)
    note(service, was=service.state, became=service.state, reason="changed", now=now, asked=asked)
    _record("service.changed", service, now)
    kinds.changed(Product.objects.values_list("kind", flat=True).get(pk=want.product_id), service.pk)


def details_of(service: Service, want: Wanted, *, now: datetime) -> str:
    """The options in words, in the language of who holds the customer; nothing changes in them after that."""
    person = addressee(service.customer_id, now=now) if want.choices else None
    with override(person.language if person else "nl"):
        return words_of_options(want)[:300]


def words_of_options(want: Wanted) -> str:
    """The options in words, in the active language."""
    return words_of(want.options["choice_ids"], want.options["choice_counts"])


def _plan(service: Service, proposal: Proposal, *, asked: Asked, now: datetime) -> None:
    want, options_cents = proposal.wanted, _options_cents(service, proposal.wanted)
    Content.objects.filter(service_id=service.pk, until_on=None).update(until_on=proposal.on)
    Content.objects.create(
        service_id=service.pk, customer_id=service.customer_id, product_id=want.product_id, quantity=want.quantity,
        months=want.months, price_cents=want.price_cents, from_on=proposal.on,
        details=details_of(service, want, now=now), options_cents=options_cents, **want.options,
        **options.columns_of(want.parts),
    )  # fmt: skip
    note(service, was=service.state, became=service.state, reason="change_planned", now=now, asked=asked)
    _record("service.change_planned", service, now)


def take_back(service: Service, *, asked: Asked, now: datetime) -> None:
    """Take back what was planned for the next term; raises ChangeRefused when nothing was."""
    if not is_planned(service):
        raise ChangeRefused("nothing_planned")
    _unplan(service, now)
    note(service, was=service.state, became=service.state, reason="plan_undone", now=now, asked=asked)
    _record("service.change_planned", service, now)


def is_planned(service: Service) -> bool:
    """Whether the customer planned something for the next term that can be taken back: it was not invoiced yet."""
    held = Content.objects.filter(service_id=service.pk, settled_at=None, raised=None)
    return held.filter(from_on__gte=service.renews_on).exists()


def _invoiced(service: Service) -> QuerySet[Content]:
    """What was planned, or raised, for a term that was invoiced so and did not begin yet."""
    return Content.objects.filter(service_id=service.pk, settled_at=None, from_on__lt=service.renews_on)


def is_invoiced(service: Service) -> bool:
    """Whether something was planned, or raised, for a term that was invoiced so and did not begin yet."""
    return _invoiced(service).exists()


def _has_other_length(service: Service) -> bool:
    """Whether the term that was invoiced is of another length: until it begins the service has that length, and the old price."""
    plan = _invoiced(service).first()
    if plan is None:
        return False
    before = Content.objects.filter(service_id=service.pk, until_on=plan.from_on, from_on__lt=plan.from_on)
    return before.exclude(months=plan.months).exists()


def unplan(service: Service, *, now: datetime) -> None:
    """Let what was planned for the next term not come, a raise included; for who notes by themselves why."""
    _unplan(service, now)


def _unplan(service: Service, now: datetime) -> bool:
    plan = Content.objects.filter(service_id=service.pk, settled_at=None).first()
    if plan is None:
        return False
    Content.objects.filter(pk=plan.pk).update(until_on=F("from_on"), settled_at=now)
    Content.objects.filter(service_id=service.pk, until_on=plan.from_on, from_on__lt=plan.from_on).update(
        until_on=None
    )
    if plan.raised_id is not None:  # it comes back on a day of its own, if it still fits: see raises.settle
        RaisedService.objects.filter(pk=plan.raised_id).update(takes_effect_on=None)
    return True


def begin_planned(*, content_id: int, today: date, now: datetime) -> bool:
    """Let a planned change begin whose day has come; False when there is nothing (any more) to begin."""
    plan = Content.objects.filter(pk=content_id, settled_at=None, from_on__lte=today).first()
    if plan is None:
        return False
    service = Service.objects.select_for_update().get(pk=plan.service_id)
    was = options.parts_of(service)
    if not Content.objects.filter(pk=content_id, settled_at=None).update(settled_at=now):
        return False
    # Its months count from the renewal on, which may have been before or come after this.
    choices = tuple(zip(plan.choice_ids, plan.choice_counts, strict=True))
    want = Wanted(plan.product_id, plan.quantity, service.months, plan.price_cents, choices)
    until_then = Content.objects.filter(service_id=service.pk, until_on=plan.from_on)
    before = until_then.filter(from_on__lt=plan.from_on).first()
    is_same = before is not None and (before.product_id, before.months) == (plan.product_id, plan.months)
    by = _by(service, want)
    # An introductory price of the term that begins was invoiced as it is with these options.
    _set(service, want, intro_by=0 if is_same else None)
    if plan.raised_id is not None:
        _raises().begun(service, plan.raised_id, now)
        return True
    if is_same:
        _raise_along(service, by, was)
        _raises().put_off(service, on=plan.from_on)
    note(service, was=service.state, became=service.state, reason="plan_begun", now=now)
    _record("service.changed", service, now)
    kinds.changed(Product.objects.values_list("kind", flat=True).get(pk=plan.product_id), service.pk)
    return True


def _raises() -> Any:
    """Imported here: raises and changes are of each other."""
    from hospes.services import raises

    return raises


def _raise_along(service: Service, by_cents: int, was: Sequence[rules.Part]) -> None:
    _raises().changed(service, by_cents, was, options.parts_of(service))


def _set(service: Service, want: Wanted, *, intro_by: int | None) -> None:
    """`intro_by`: by how much an introductory price of a term that is paid for changes; None when the introduction ends."""

    def going_on(cents: int | None) -> int | None:
        return None if cents is None or intro_by is None else rules.going_on(cents, intro_by)

    values: dict[str, Any] = {
        "product_id": want.product_id, "quantity": want.quantity, "price_cents": want.price_cents, **want.options,
        "intro_cents": going_on(service.intro_cents), "intro_before_cents": going_on(service.intro_before_cents),
    }  # fmt: skip
    Service.objects.filter(pk=service.pk).update(**values)
    for name, value in values.items():
        setattr(service, name, value)


# --- what is charged and given back ---------------------------------------------------------------------------------------


def _charge(service: Service, proposal: Proposal, *, origin: str, now: datetime) -> None:
    """Two amounts, of what was and of what is to be, up to the day that is paid for; none of nothing."""
    want, sums = proposal.wanted, proposal.settlement
    old = (Charge.Kind.UNUSED, service.product_id, service.quantity, -sums.credit_cents)
    new = (Charge.Kind.NEW, want.product_id, want.quantity, sums.charge_cents)
    for kind, product_id, quantity, cents in (old, new):
        charge(service, kind, product_id=product_id, quantity=quantity, cents=cents, period_from=proposal.on,
               origin=f"{origin}:{kind}", now=now)  # fmt: skip


def charge(
    service: Service, kind: Charge.Kind, *, product_id: int, quantity: int, cents: int, period_from: date, origin: str,
    now: datetime,
) -> None:  # fmt: skip
    """
    Write down an amount (without VAT) for billing to charge or give back, over the time up to the next renewal.

    The same origin is written once; nothing is written of nothing. Its words are in the customer's language.
    """
    if cents == 0:
        return
    person = addressee(service.customer_id, now=now)
    product = Product.objects.get(pk=product_id)
    with override(person.language if person else "nl"):
        words = _("%(product)s: %(what)s") % {"product": product.name, "what": Charge.Kind(kind).label}
    Charge.objects.get_or_create(
        origin=origin,
        defaults={
            "service_id": service.pk, "customer_id": service.customer_id, "kind": kind, "product_id": product_id,
            "quantity": quantity, "cents": cents, "period_from": period_from, "description": words[:200], "created_at": now,
            "period_until": max(period_from, service.renews_on - timedelta(days=1)),
        },
    )  # fmt: skip


def _record(action: str, service: Service, now: datetime) -> None:
    journal.record(
        action, at=now, table="services_service", object_id=service.pk, customer_id=service.customer_id,
        changed=["product", "quantity", "price_cents"],
    )  # fmt: skip
