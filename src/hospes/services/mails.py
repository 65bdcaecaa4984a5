"""The mails about services: ready, or not set up, changed, cancelled, ended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospes.catalogue.models import Option, Product
from hospes.catalogue.queries import words_of
from hospes.kernel import clock
from hospes.messaging.kinds import name
from hospes.messaging.models import Message
from hospes.messaging.rendering import Rendered, register
from hospes.services.models import (
    Charge,
    Move,
    MoveOffer,
    Raise,
    RaisedService,
    RaiseNotice,
    Request,
    Service,
    Task,
)
from hospes.services.words import refusal_words


@dataclass(frozen=True)
class Access:
    """How a customer gets in to a service. There is no password in it, since mails are kept and passed on."""

    username: str
    login_url: str


_access: dict[str, Callable[[int], Access | None]] = {}


def register_access(kind: str, reader: Callable[[int], Access | None]) -> None:
    """Say how one gets in to services of a kind; the reader gets a service's id, and acts for messages."""
    _access[kind] = reader


def _without_vat(customer_id: int, amounts: Sequence[tuple[int, int]], on: date) -> str:
    return _("%(sum)s excluding VAT") % {"sum": euro(sum(cents for _product, cents in amounts))}


_prices: Callable[[int, Sequence[tuple[int, int]], date], str] = _without_vat


def register_prices(reader: Callable[[int, Sequence[tuple[int, int]], date], str]) -> None:
    """
    Say how a customer is told what amounts (cents without VAT) come to: with VAT or without, in words.

    The reader gets the customer's id, the amounts with the ids of their products, and the day, and acts for messages.
    """
    global _prices
    _prices = reader


def priced(service: Service, cents: int, at: datetime, product_id: int | None = None) -> str:
    """An amount without VAT, as whoever has the service is told it at a moment; of what it is, or of another product."""
    return _prices(service.customer_id, [(product_id or service.product_id, cents)], clock.day_of(at))


def active(message: Message) -> Rendered:
    """Your hosting is ready: for which domain, under which user name, where to log in."""
    service = Service.objects.get(pk=message.about)
    product = Product.objects.get(pk=service.product_id)
    reader = _access.get(product.kind)
    context = {"service": service, "product": product, "access": reader(service.pk) if reader else None,
               "note": Task.objects.filter(service_id=service.pk).values_list("note", flat=True).first() or ""}  # fmt: skip
    return Rendered(_("%(domain)s is ready") % {"domain": service.label}, "mail/services.active", context)


def work_done(message: Message) -> Rendered:
    """What was ordered as work is done, and what the colleague who did it says about it."""
    task = Task.objects.get(pk=message.about)
    product = Product.objects.get(pk=task.product_id)
    return Rendered(
        _("%(work)s: done") % {"work": product.name},
        "mail/services.work_done",
        {"task": task, "product": product},
    )


def refused(message: Message) -> Rendered:
    """It could not be set up at once: a colleague looks at it, and there is nothing to do. Says nothing of the reason."""
    service = Service.objects.get(pk=message.about)
    context = {"service": service, "product": Product.objects.get(pk=service.product_id)}
    return Rendered(
        _("We are looking at %(domain)s") % {"domain": service.label}, "mail/services.refused", context
    )


# --- what was asked, and what came of it ----------------------------------------------------------------------------------


def _of_request(
    subject: Promise, sentences: Callable[[Request, Service], list[str]]
) -> Callable[[Message], Rendered]:
    def render(message: Message) -> Rendered:
        request = Request.objects.get(pk=message.about)
        service = Service.objects.get(pk=request.service_id)
        return notice(service, str(subject), sentences(request, service), at=request.asked_at)

    return render


def notice(service: Service, subject: str, said: list[str], *, at: datetime) -> Rendered:
    """Sentences about a service, with a button that leads to it."""
    context = {"service": service, "said": said, "at": at, "heading": subject}
    return Rendered(f"{subject}: {service.label}", "mail/services.notice", context)


def _changed(request: Request, service: Service) -> list[str]:
    words = {
        "product": Product.objects.get(pk=request.product_id or 0).name, "number": request.quantity, "day": day_words(request.on),
        "label": service.label, "months": request.months,
        "price": priced(service, (request.price_cents or 0) * (request.quantity or 1), request.asked_at,
                        request.product_id),
    }  # fmt: skip
    if request.when == Request.When.TERM_END:
        said = [_("From %(day)s on, %(label)s is %(product)s (number: %(number)d).") % words]
    else:
        said = [_("%(label)s is now %(product)s (number: %(number)d).") % words]
    said.append(_("From the next renewal on it costs %(price)s for %(months)d months.") % words)
    if with_options := _options(request):
        said.insert(1, with_options)
    if request.cents:
        said.append(_amount(service, request.cents, request.asked_at, _amounts(request)))
    return said


def _amounts(request: Request) -> list[tuple[int, int]]:
    """What a change came to, by product: what it was and what it is may have VAT of two kinds."""
    parts = Charge.objects.filter(origin__in=[f"request:{request.pk}:{kind}" for kind in Charge.Kind])
    return list(parts.values_list("product_id", "cents"))


def _options(request: Request) -> str:
    """With which options, in words; nothing of a package that has none."""
    if request.choice_ids:
        return _("With it, in that price: %(kept)s.") % {
            "kept": words_of(request.choice_ids, request.choice_counts or [])
        }
    if Option.objects.filter(product_id=request.product_id or 0).exists():
        return _("No options come with it.")
    return ""


def _amount(service: Service, cents: int, at: datetime, parts: Sequence[tuple[int, int]] = ()) -> str:
    sign = -1 if cents < 0 else 1
    amounts = [(pk, sign * part) for pk, part in parts or [(service.product_id, cents)]]
    words = {"sum": _prices(service.customer_id, amounts, clock.day_of(at))}
    if cents < 0:
        return _("We give back %(sum)s: the part that was paid and is not used.") % words
    return _("For the rest of the term you pay %(sum)s. You get an invoice for it.") % words


def _cancelled(request: Request, service: Service) -> list[str]:
    last = day_words(request.on - timedelta(days=1))
    said = [
        _("You cancelled %(label)s. It works up to and including %(day)s, and is not renewed.")
        % {"label": service.label, "day": last},
        _("Until that day you can take the cancellation back yourself."),
    ]
    if Product.objects.values_list("kind", flat=True).get(pk=service.product_id) == Product.Kind.HOSTING:
        said.insert(1, _("Keep a copy of what is on it: after that day it is gone."))
    if request.cents:
        said.insert(1, _amount(service, request.cents, request.asked_at))
    return said


def ended(message: Message) -> Rendered:
    """A service has ended: as of when, and what is given back."""
    service = Service.objects.get(pk=message.about)
    said = [
        _("%(label)s has ended, as of %(day)s.")
        % {"label": service.label, "day": day_words(service.ended_on or clock.day_of(message.created_at))}
    ]
    back = Charge.objects.filter(service_id=service.pk, kind=Charge.Kind.ENDED).first()
    if back is not None:
        said.append(_amount(service, back.cents, message.created_at))
    return notice(service, _("The contract has ended"), said, at=message.created_at)


def dropped(message: Message) -> Rendered:
    """A service that was never delivered was dropped: as of when, and that all that was invoiced for it is given back."""
    service = Service.objects.get(pk=message.about)
    day = day_words(service.ended_on or clock.day_of(message.created_at))
    said = [
        _(
            "We do not deliver %(label)s: it was dropped on %(day)s. You find the reason with it in your account."
        )
        % {"label": service.label, "day": day}
    ]
    back = Charge.objects.filter(service_id=service.pk, kind=Charge.Kind.DROPPED).first()
    if back is not None:
        sum_words = priced(service, -back.cents, message.created_at)
        said.append(_("You get a credit note for all of it: %(sum)s.") % {"sum": sum_words})
        said.append(_("What you paid of it comes back in the way in which you paid, within fourteen days."))
    return notice(service, _("Your order was dropped"), said, at=message.created_at)


def euro(cents: int) -> str:
    """An amount as a sentence has it, in the active language."""
    return f"€ {formats.number_format(Decimal(cents) / 100, 2, force_grouping=True)}"


def day_words(day: date) -> str:
    """A day as a sentence has it, in the active language."""
    return formats.date_format(day, "j F Y")


def raised(message: Message) -> Rendered:
    """All raises of a customer in one: what each costs and will cost, from when, and how to end it and by when."""
    notice, rows = RaiseNotice.objects.get(pk=message.about), list[str]()
    for row in RaisedService.objects.filter(notice_id=notice.pk).order_by("pk"):
        service, plan = Service.objects.get(pk=row.service_id), Raise.objects.get(pk=row.plan_id)
        words = {"label": service.label, "old": priced(service, row.old_cents * service.quantity, notice.made_at),
                 "day": day_words(plan.from_on),
                 "new": priced(service, row.new_cents * service.quantity, notice.made_at), "months": service.months}  # fmt: skip
        rows.append(
            _("%(label)s: now %(old)s, then %(new)s for %(months)d months; from its first renewal on or after"
              " %(day)s.") % words
        )  # fmt: skip
    return Rendered(_("Our prices go up"), "mail/services.raise", {"rows": rows, "at": notice.made_at})


def move_offered(message: Message) -> Rendered:
    """Somebody offers a service: what it is, from whom, what it costs from when, and that nothing happens unless one accepts."""
    offer = MoveOffer.objects.get(pk=message.about)
    said = [
        _("%(name)s wants to hand %(label)s over to you.") % {"name": offer.from_name, "label": offer.label},
        _("If you accept, you pay %(sum)s for %(months)d months from its next renewal on, %(day)s. Until then it is paid for.")
        % {"sum": _prices(offer.customer_id, [(offer.product_id, offer.term_cents)], clock.day_of(offer.made_at)),
           "months": offer.months, "day": day_words(offer.renews_on)},
        _("You can accept or decline it in your account, under Services. Without an answer nothing happens."),
    ]  # fmt: skip
    return Rendered(
        _("A service is offered to you"), "mail/services.move", {"said": said, "at": offer.made_at}
    )


def move_taken(message: Message) -> Rendered:
    """To who accepted: it is theirs now, or it did not come to it."""
    offer = MoveOffer.objects.get(pk=message.about)
    if offer.moved_on is not None:
        said = [
            _("%(label)s is yours as of %(day)s.") % {"label": offer.label, "day": day_words(offer.moved_on)}
        ]
    else:
        said = [_("%(label)s could not be handed over to you. Nothing was changed.") % {"label": offer.label}]
    return Rendered(
        _("About a service that was offered to you"),
        "mail/services.move",
        {"said": said, "at": message.created_at},
    )


def move_ended(message: Message) -> Rendered:
    """To who asked: it is the other's now, or the other did not want it, or it could not be. Nothing about the other."""
    move = Move.objects.get(pk=message.about)
    words = {"label": move.label, "day": day_words(move.moved_on) if move.moved_on else ""}
    said = [{
        Move.State.DONE: _(
            "%(label)s was handed over, as of %(day)s. What you paid stays settled; you get no more invoices for it."
        ),
        Move.State.DECLINED: _("%(label)s was not taken over. It stays yours, and nothing was changed."),
    }.get(Move.State(move.state), _("%(label)s could not be handed over. Nothing was changed.")) % words]  # fmt: skip
    return Rendered(
        _("About handing over %(label)s") % words,
        "mail/services.move",
        {"said": said, "at": message.created_at},
    )


register("services.move_offer", move_offered)
register("services.move_taken", move_taken)
register("services.move", move_ended)
register("services.raise", raised)
register("services.change", _of_request(gettext_lazy("Your service changes"), _changed))
register("services.cancel", _of_request(gettext_lazy("Your cancellation"), _cancelled))
register("services.undo", _of_request(
    gettext_lazy("Your cancellation was taken back"),
    lambda request, service: [
        _("%(label)s goes on as before, and renews on %(day)s.") % {"label": service.label, "day": day_words(service.renews_on)}
    ],
))  # fmt: skip
register("services.unplan", _of_request(
    gettext_lazy("The planned change was taken back"),
    lambda request, service: [_("%(label)s stays what it is.") % {"label": service.label}],
))  # fmt: skip
register("services.not_done", _of_request(
    gettext_lazy("We could not do what you asked"),
    lambda request, service: [refusal_words(request.refusal), _("Nothing was changed, and nothing is charged.")],
))  # fmt: skip
register("services.ended", ended)
register("services.dropped", dropped)
register("services.active", active)
register("services.work_done", work_done)
register("services.refused", refused)
name({
    "services.raise": gettext_lazy("Prices go up"),
    "services.move": gettext_lazy("About handing over a service"),
    "services.move_offer": gettext_lazy("A service is offered"),
    "services.move_taken": gettext_lazy("About taking over a service"),
    "services.active": gettext_lazy("The service is ready"),
    "services.work_done": gettext_lazy("Work was done"),
    "services.refused": gettext_lazy("The service could not be set up at once"),
    "services.change": gettext_lazy("A service changes"),
    "services.cancel": gettext_lazy("A service was cancelled"),
    "services.undo": gettext_lazy("A cancellation was taken back"),
    "services.unplan": gettext_lazy("A planned change was taken back"),
    "services.not_done": gettext_lazy("What was asked about a service could not be done"),
    "services.ended": gettext_lazy("A service has ended"),
    "services.dropped": gettext_lazy("A service was dropped"),
})  # fmt: skip
