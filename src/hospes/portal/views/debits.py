"""Paying by direct debit: signing a mandate, seeing it and what is collected with it, and withdrawing it."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from hospes.billing.models import Invoice
from hospes.customers.queries import Capacity
from hospes.customers.rules import Capability
from hospes.kernel import clock
from hospes.kernel.purposes import Purpose
from hospes.payments.collecting.queries import mandate_of
from hospes.payments.debits import mandates, queries, services, words
from hospes.payments.debits.models import Mandate
from hospes.portal.pages import customer_page, posted_from

#: So many collections are on the page.
SHOWN = 25


class SignForm(forms.Form):
    """Whose account it is, its number, and that one agrees."""

    holder = forms.CharField(
        label=gettext_lazy("Account holder"), max_length=70, help_text=gettext_lazy("As your bank knows it.")
    )
    iban = forms.CharField(
        label=gettext_lazy("Account number (IBAN)"), max_length=42,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    agreed = forms.BooleanField(
        label=gettext_lazy("I give this mandate, and I may decide about this account."),
        error_messages={"required": gettext_lazy("Without this there is no mandate.")},
    )

    on_the_map: ClassVar[dict[str, str]] = {
        "holder": "debits.Mandate.holder", "iban": "debits.MandateAccount.iban"
    }  # fmt: skip


@require_safe
@customer_page(Purpose.BILLING, Capability.SEE_INVOICES, nav="invoices")
def direct_debit(request: Any, capacity: Capacity) -> HttpResponse:
    """Do you collect my invoices, from which account, and what comes when?"""
    held = queries.mandates(capacity.customer_id)
    mandate = next((each for each in held if each.state == Mandate.State.ACTIVE), None)
    if mandate is None and not held and not services.is_offered():
        raise Http404
    context = {
        "mandate": mandate, "earlier": [each for each in held if each.state != Mandate.State.ACTIVE],
        "debits": queries.debits(capacity.customer_id, limit=SHOWN), "lapses_on": queries.lapses_on(mandate) if mandate else None,
        "may_sign": services.is_offered() and services.may_sign(capacity.customer_id),
        "leave": mandate_of(capacity.customer_id),
    }  # fmt: skip
    return render(request, "portal/direct_debit.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@customer_page(Purpose.BILLING, Capability.PAY, nav="invoices")
def sign_mandate(request: Any, capacity: Capacity) -> HttpResponse:
    """What do I sign, and for which account?"""
    if queries.active(capacity.customer_id) is not None:  # also who presses twice
        return redirect("portal:direct_debit", number=capacity.number)
    if not services.is_offered() or not services.may_sign(capacity.customer_id):
        messages.info(request, _("Direct debit is possible once you have paid an order."))
        return redirect(
            "portal:direct_debit" if services.is_offered() else "portal:invoices", number=capacity.number
        )
    form, language = SignForm(request.POST or None), (get_language() or "nl")[:2]
    if request.method == "POST" and form.is_valid():
        try:
            services.sign(
                customer_id=capacity.customer_id, person_id=request.user.pk, holder=form.cleaned_data["holder"],
                iban=form.cleaned_data["iban"], language=language, ip=request.actor.ip, now=clock.now(),
            )  # fmt: skip
        except services.MandateRefused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(
                request, _("You pay by direct debit from now on. You get a mail that confirms it.")
            )
            return redirect("portal:direct_debit", number=capacity.number)
    context = {
        "form": form,
        "said": _what_is_signed(language),
        "days": settings.HOSPES_DIRECT_DEBIT.notice_days,
    }
    return render(request, "portal/mandate_sign.html", context, status=422 if form.is_bound else 200)


def _what_is_signed(language: str) -> list[str]:
    """The sentences of the mandate; who and which account stands above them."""
    names = ("address", "creditor_id", "reference", "holder", "iban", "signed_on")
    text = words.mandate_text(
        words.VERSION, language, dict.fromkeys(names, "") | {"creditor": settings.HOSPES_OPERATOR.name}
    )
    return text.split("\n\n")[2].strip().split("\n")


@posted_from("portal:direct_debit")
@customer_page(Purpose.BILLING, Capability.PAY, nav="invoices")
def withdraw_mandate(request: Any, capacity: Capacity) -> HttpResponse:
    """Withdraw the mandate: from now on nothing is collected."""
    if services.withdraw(customer_id=capacity.customer_id, now=clock.now()) is not None:
        messages.success(request, _("You withdrew the mandate. We collect nothing with it any more."))
    return redirect("portal:direct_debit", number=capacity.number)


@require_safe
@customer_page(Purpose.BILLING, Capability.SEE_INVOICES, nav="invoices")
def mandate(request: Any, capacity: Capacity, mandate_id: int) -> HttpResponse:
    """What did I sign, when, and from where? To be printed as well."""
    found = get_object_or_404(Mandate, customer_id=capacity.customer_id, pk=mandate_id)
    title, facts, said = mandates.text_of(found, found.account).split("\n\n")
    context = {
        "mandate": found, "title": title, "facts": [line.split(": ", 1) for line in facts.split("\n")],
        "said": said.strip().split("\n"),
    }  # fmt: skip
    return render(request, "portal/mandate.html", context)


def of_invoice(invoice: Invoice) -> dict[str, Any]:
    """What the page of an invoice says of its collection: under way, or still to be announced."""
    debit = queries.live_of(invoice.pk) if invoice.open_cents and not invoice.is_credit_note else None
    expected = None if debit else queries.expected_on(invoice, today=clock.today())
    held = queries.active(invoice.customer_id) if debit or expected else None
    at_bank = queries.is_at_the_bank(debit)
    if debit is None and (expected is None or held is None):
        return {"debit": None}
    account = debit.mandate.account if debit else held.account if held else ""
    on = debit.collect_on if debit else expected
    return {
        "debit": {
            "on": on,
            "account": account,
            "cents": debit.cents if debit else invoice.open_cents,
            "at_bank": at_bank,
        }
    }
