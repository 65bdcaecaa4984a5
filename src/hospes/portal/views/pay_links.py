"""Paying an invoice by a link, without a login: it says how much and for which invoice, and nothing of whose it is."""

from datetime import timedelta
from typing import Any, Final

from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hospes.accounts.network import network_of
from hospes.billing import pay_links
from hospes.billing.models import Invoice
from hospes.kernel import clock
from hospes.kernel.acting import Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import jobs as payment_jobs
from hospes.payments import queries as payments
from hospes.payments.models import UNDECIDED, Payment
from hospes.portal.looks import next_look
from hospes.portal.paying import to_provider

NOT_COMPLETED: Final = (Payment.State.FAILED, Payment.State.CANCELED, Payment.State.EXPIRED)
#: How often one network may look, and begin to pay, in an hour: an office behind one address, but no trying of addresses.
MOST_LOOKS: Final = 300
MOST_PAYMENTS: Final = 30
_HOUR: Final = 3600
#: So long after it was paid the page says so, for who comes back from paying.
_THANKS: Final = timedelta(hours=1)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def pay_link(request: Any, token: str) -> HttpResponse:
    """How much is to be paid on which invoice? For whoever was given the link, with or without an account."""
    if not _is_free(request, "looks", MOST_LOOKS):
        return render(request, "portal/pay_link_wait.html", status=429)
    link = pay_links.opened(token, today=clock.today())
    if link is None:
        return _gone(request)
    # Whoever opens it, it is as somebody unknown: the link is what lets them pay, not who they are.
    visitor = Actor.visitor(ip=request.actor.ip)
    with acting(Purpose.BILLING, actor=visitor, customer=link.customer_id):
        invoice = Invoice.objects.filter(pk=link.invoice_id, kind=Invoice.Kind.INVOICE).first()
        begun = payments.of_invoice(invoice.pk) if invoice is not None else []
        transfer = payments.transfer_of(begun)
        # Of a transfer for more than this invoice the link tells nothing: not how much, nor what to mention.
        with_others = transfer is not None and begun[0].invoice_id is None
        last = _last_attempt(request, begun) if transfer is None else None
        waiting = last is not None and last.state in UNDECIDED
    if invoice is None:
        return _gone(request)
    if not invoice.open_cents:
        was_just_now = invoice.paid_at is not None and clock.now() - invoice.paid_at < _THANKS
        return (
            render(request, "portal/pay_link_paid.html", {"invoice": invoice})
            if was_just_now
            else _gone(request)
        )
    here = reverse("pay_link", args=[token])
    if request.method == "POST":
        if not _is_free(request, "payments", MOST_PAYMENTS):
            return render(request, "portal/pay_link_wait.html", status=429)
        return to_provider(
            request, customer_id=link.customer_id, actor=visitor, back=here, returning=f"{here}?terug=1",
            layout="narrow.html", invoice_id=invoice.pk,
        )  # fmt: skip
    look = next_look(request) if waiting else None
    context = {
        "invoice": invoice, "here": here, "waiting": waiting, "look": look, "last_day": link.last_day,
        "transfer": None if with_others else transfer, "with_others": with_others,
        "payment": begun[0] if begun else None, "not_completed": last is not None and last.state in NOT_COMPLETED,
    }  # fmt: skip
    return render(request, "portal/pay_link.html", context)


def _last_attempt(request: Any, begun: list[Payment]) -> Payment | None:
    """The payment from which somebody is back from the provider; perhaps before its notice: then we ask by ourselves."""
    if "terug" not in request.GET or not begun:
        return None
    if begun[0].state in UNDECIDED:
        payment_jobs.check.enqueue_once(f"payment:{begun[0].pk}", payment_id=begun[0].pk)
    return begun[0]


def _gone(request: Any) -> HttpResponse:
    """The same for a link that was made up, that is too old, and of which nothing is open any more."""
    return render(request, "portal/pay_link_gone.html", status=404)


def _is_free(request: Any, what: str, most: int) -> bool:
    """Count one more of a network, and say whether that is not one too many. The key is blinded."""
    key = f"pay_link_{what}:{network_of(request.actor.ip)}:{int(clock.now().timestamp()) // _HOUR}"
    cache.add(key, 0, _HOUR)
    return int(cache.incr(key)) <= most
