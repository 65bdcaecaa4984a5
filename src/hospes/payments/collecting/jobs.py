"""Announcing and collecting invoices by themselves; the provider is asked outside of transactions."""

from django.conf import settings
from django.urls import reverse

from hospes.billing.models import Invoice
from hospes.kernel import clock
from hospes.kernel.jobs import at_work, job
from hospes.kernel.purposes import Purpose
from hospes.payments import services as payments
from hospes.payments.collecting import services
from hospes.payments.collecting.models import ProviderMandate
from hospes.payments.models import Payment
from hospes.payments.providers import ProviderRefused, provider
from hospes.payments.rules import notice_token


@job(queue="payments", purpose=Purpose.BILLING)
def sweep(*, timestamp: int) -> None:
    """Announce what is due soon, and have collected what was announced for today."""
    now = clock.now()
    last = 0
    while True:
        with at_work():
            page = services.to_be_announced(today=clock.day_of(now), after=last)
        for last in page:
            with at_work():
                services.announce(invoice_id=last, now=now)
        if len(page) < 500:
            break
    with at_work():
        for pk in services.due(today=clock.day_of(now)):
            collect.enqueue_once(f"collect:{pk}", collection_id=pk)
        ended = ProviderMandate.objects.filter(state=ProviderMandate.State.ENDED, revoked_at=None)
        for pk in ended.values_list("pk", flat=True)[:500]:
            revoke.enqueue_once(f"revoke:{pk}", mandate_id=pk)


@job(queue="payments", purpose=Purpose.BILLING)
def collect(*, collection_id: int) -> None:
    """Have the provider collect an invoice; again it is looked up first, so that it is collected once."""
    with at_work():
        held = services.begin(collection_id=collection_id, now=clock.now())
        if held is None:
            return
        payment = Payment.objects.get(pk=held.payment_id or 0)
        number = Invoice.objects.values_list("number", flat=True).get(pk=held.invoice_id)
        payer = services.payer_of(held.customer_id)
        mandate = ProviderMandate.objects.values_list("reference", flat=True).get(pk=held.mandate_id)
    key = payment.idempotency_key
    # An earlier run may have broken off after the provider made it, longer ago than its idempotency keys hold.
    charge = provider().find(key, since=payment.created_at - payments.MARGIN)
    if charge is None:
        address = f"{settings.HOSPES_PORTAL_URL}{reverse('payment_notice', args=[key, notice_token(key)])}"
        try:
            charge = provider().collect(
                cents=payment.cents, description=number, notice_url=address, order_key=key, payer=payer, mandate=mandate,
                idempotency_key=key,
            )  # fmt: skip
        except ProviderRefused as refusal:
            with at_work():
                services.refused(collection_id=collection_id, why=str(refusal), now=clock.now())
            return
    with at_work():
        payments.book(charge, now=clock.now())


@job(queue="payments", purpose=Purpose.BILLING)
def revoke(*, mandate_id: int) -> None:
    """Tell the provider that leave to collect has ended; again changes nothing."""
    with at_work():
        held = ProviderMandate.objects.get(pk=mandate_id)
        payer = services.payer_of(held.customer_id)
    if held.state == ProviderMandate.State.ENDED and held.revoked_at is None:
        provider().end_mandate(payer, held.reference)
        with at_work():
            ProviderMandate.objects.filter(pk=mandate_id).update(revoked_at=clock.now())


@job(queue="payments", purpose=Purpose.BILLING)
def look_after(*, mandate_id: int) -> None:
    """After something could not be collected: look whether the leave still holds at the bank."""
    with at_work():
        held = ProviderMandate.objects.get(pk=mandate_id)
        payer = services.payer_of(held.customer_id)
    if held.state == ProviderMandate.State.ACTIVE and not provider().may_collect(payer, held.reference):
        with at_work():
            services.end(mandate_id=mandate_id, why=ProviderMandate.Why.PROVIDER, now=clock.now())
