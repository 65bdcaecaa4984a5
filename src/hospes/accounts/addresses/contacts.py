"""
The addresses of a customer for invoices, technical matters and emergencies: each is used once its mailbox confirmed it.

Asking and ending act for access within the customer; confirming acts for access among everybody, since who reads the mailbox
(a bookkeeper, say) need have no access. All of it raises AddressRefused or ContactGone, and changes nothing then.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.core.signing import BadSignature, Signer
from django.db import IntegrityError
from django.utils.translation import gettext as _

from hospes.accounts.addresses import AddressRefused
from hospes.customers import memberships, rules
from hospes.customers.models import ContactAddress, Customer, Membership
from hospes.customers.queries import addressee, holders
from hospes.kernel import journal
from hospes.messaging import services as messaging

#: How long the link works, and so many can be asked for within a day: nobody fills a stranger's mailbox through us.
LASTS: Final = timedelta(days=3)
MOST_A_DAY: Final = 10
#: So many addresses can get a copy of each invoice.
MOST_COPIES: Final = 10

Use = ContactAddress.Use
_signer = Signer(salt="hospes.accounts.addresses.contact")


class ContactGone(Exception):
    """The link is of no address that can still be confirmed: used, overtaken, withdrawn, too late, or never one."""


@dataclass(frozen=True)
class Kept:
    """What is used for one kind of mail (None: the holder's own address), and what waits to be confirmed."""

    use: str
    used: ContactAddress | None
    asked: ContactAddress | None

    @property
    def label(self) -> str:
        """What the kind of mail is called, in the active language."""
        return str(Use(self.use).label)


def token(contact_id: int) -> str:
    """What the link carries: which address, signed."""
    return _signer.sign(str(contact_id))


def of(customer_id: int, *, now: datetime) -> list[Kept]:
    """The addresses of a customer, kind by kind."""
    rows = list(ContactAddress.objects.filter(customer_id=customer_id, ended_at=None))
    used = {row.use: row for row in rows if row.confirmed_at is not None}
    asked = {row.use: row for row in rows if row.confirmed_at is None and row.expires_at > now}
    return [Kept(use, None if use == Use.COPIES else used.get(use), asked.get(use)) for use in Use.values]


def copies(customer_id: int) -> list[ContactAddress]:
    """Who gets a copy of each invoice, the first first."""
    found = ContactAddress.objects.filter(customer_id=customer_id, use=Use.COPIES, ended_at=None)
    return list(found.exclude(confirmed_at=None).order_by("pk"))


def invoice_address(customer_id: int) -> str:
    """Where invoices go. Acts for access, unscoped."""
    return Customer.objects.values_list("invoice_email", flat=True).get(pk=customer_id)


def ask(*, customer_id: int, use: str, email: str, language: str, by: int, now: datetime) -> ContactAddress:
    """Send the link to an address; one that was asked for before for the same mail is overtaken."""
    email = email.strip().lower()
    of_customer = ContactAddress.objects.select_for_update(of=("self",)).filter(customer_id=customer_id)
    rows = list(of_customer.order_by("pk"))
    if any(row.use == use and row.email == email and row.confirmed_at and not row.ended_at for row in rows):
        raise AddressRefused(_("This address is used for that already."))
    if sum(row.asked_at > now - timedelta(days=1) for row in rows) >= MOST_A_DAY:
        raise AddressRefused(_("You asked for this several times today. Try again tomorrow, or call us."))
    if use == Use.COPIES and sum(row.use == use and row.ended_at is None for row in rows) >= MOST_COPIES:
        raise AddressRefused(_("So many addresses get a copy already. Let go of one first."))
    of_customer.filter(use=use, confirmed_at=None, ended_at=None).update(ended_at=now)
    made: ContactAddress = ContactAddress.objects.create(
        customer_id=customer_id, use=use, email=email, language=language, asked_by_id=by, asked_at=now,
        expires_at=now + LASTS,
    )  # fmt: skip
    _note("contact.asked", made, now)
    _tell_mailbox("contact.confirm", made, now)
    return made


def end(*, customer_id: int, use: str, now: datetime, contact_id: int | None = None) -> bool:
    """
    Use an address no longer, and withdraw one that waits: that mail goes to the holder's own address again.

    Invoices always have an address: there only what waits is withdrawn. `contact_id` says which, of those that get copies;
    without it what waits is withdrawn. False when there was nothing.
    """
    kept = ContactAddress.objects.filter(customer_id=customer_id, use=use, ended_at=None)
    if use == Use.COPIES and contact_id is not None:
        kept = kept.filter(pk=contact_id)
    elif use in (Use.INVOICES, Use.COPIES):
        kept = kept.filter(confirmed_at=None)
    rows = list(kept.select_for_update(of=("self",)))
    for row in rows:
        row.ended_at = now
        row.save(update_fields=["ended_at"])
        _note("contact.ended", row, now)
        if row.confirmed_at is not None:
            _tell("contact.ended", row, {row.asked_by_id}, now)
            _tell_mailbox("contact.was_changed", row, now)
    return bool(rows)


def look(given: str, *, now: datetime) -> tuple[ContactAddress, Customer]:
    """The address of a link, if it can be confirmed now, and whose it is to be. Raises ContactGone."""
    try:
        number = int(_signer.unsign(given))
    except (BadSignature, ValueError):
        raise ContactGone from None
    waiting = ContactAddress.objects.filter(pk=number, confirmed_at=None, ended_at=None, expires_at__gt=now)
    found = waiting.select_for_update(of=("self",)).first()
    if found is None:
        raise ContactGone
    return found, Customer.objects.get(pk=found.customer_id)


def confirm(given: str, *, now: datetime) -> ContactAddress:
    """Use an address from now on: its mailbox said so. The one before is told, and who holds the customer. Raises ContactGone."""
    found, customer = look(given, now=now)
    in_use = ContactAddress.objects.filter(customer_id=customer.pk, use=found.use, ended_at=None)
    before = None if found.use == Use.COPIES else in_use.exclude(confirmed_at=None).first()
    if before is not None:
        before.ended_at = now
        before.save(update_fields=["ended_at"])
    found.confirmed_at = now
    try:
        found.save(update_fields=["confirmed_at"])
    except IntegrityError:  # another one was confirmed at this very moment
        raise ContactGone from None
    if found.use == Use.INVOICES:
        Customer.objects.filter(pk=customer.pk).update(invoice_email=found.email)
    _note("contact.confirmed", found, now)
    _tell("contact.changed", found, {found.asked_by_id}, now)
    if before is not None:
        _tell_mailbox("contact.was_changed", before, now)
    return found


def decline(given: str, *, now: datetime) -> ContactAddress:
    """Not this mailbox: the link stops working, and who gave the address is told. Raises ContactGone."""
    found, _customer = look(given, now=now)
    found.ended_at = now
    found.save(update_fields=["ended_at"])
    _note("contact.declined", found, now)
    _tell("contact.declined", found, {found.asked_by_id}, now)
    return found


# --- of who shuts a stranger out ------------------------------------------------------------------------------------------


def take_back(person_id: int, since: datetime, *, now: datetime) -> None:
    """
    Use no address any more that a person gave since a moment, and the one again that was used then. Acts for access, unscoped.

    Only for customers whose addresses the person may change now. Where there was none that its mailbox had confirmed, mail goes
    to the holder, that with the invoices as well.
    """
    given = ContactAddress.objects.filter(asked_by_id=person_id, asked_at__gte=since, ended_at=None)
    for row in given.select_for_update(of=("self",)).order_by("pk"):
        rows = list(Membership.objects.filter(customer_id=row.customer_id, person_id=person_id))
        if not rules.may(memberships.role_at(rows, person_id, now), rules.Capability.CHANGE_CUSTOMER):
            continue
        row.ended_at = now
        row.save(update_fields=["ended_at"])
        _note("contact.ended", row, now)
        if row.confirmed_at is not None:
            _tell_mailbox("contact.was_changed", row, now)
            if row.use != Use.COPIES:
                _put_back(row, since, now)


def _put_back(taken: ContactAddress, since: datetime, now: datetime) -> None:
    """Have the mail that went to a place go where it went at a moment."""
    used_then = ContactAddress.objects.filter(
        customer_id=taken.customer_id, use=taken.use, confirmed_at__lt=since, ended_at__gte=since
    )
    before = used_then.order_by("-confirmed_at").first()
    if before is not None:
        before.ended_at = None
        before.save(update_fields=["ended_at"])
        _note("contact.put_back", before, now)
    if taken.use == Use.INVOICES:
        holder = addressee(taken.customer_id, now=now)
        goes_to = before.email if before is not None else holder.email if holder is not None else ""
        if goes_to:
            Customer.objects.filter(pk=taken.customer_id).update(invoice_email=goes_to)
    kind = "contact.ended" if before is None else "contact.put_back"
    _tell(kind, before or taken, {taken.asked_by_id}, now)


# --- what all of them do --------------------------------------------------------------------------------------------------


def _tell(kind: str, contact: ContactAddress, persons: Iterable[int], now: datetime) -> None:
    for person_id in sorted(set(persons) | set(holders(contact.customer_id, now=now))):
        messaging.enqueue(
            kind, key=f"{kind}:{contact.pk}:{person_id}", person_id=person_id, customer_id=contact.customer_id,
            about_id=contact.pk, now=now,
        )  # fmt: skip


def _tell_mailbox(kind: str, contact: ContactAddress, now: datetime) -> None:
    messaging.enqueue(
        kind, key=f"{kind}:{contact.pk}", customer_id=contact.customer_id, about_id=contact.pk, now=now
    )


def _note(action: str, contact: ContactAddress, now: datetime) -> None:
    journal.record(action, at=now, table="customers_contactaddress", object_id=contact.pk,
                   customer_id=contact.customer_id, changed=["email"])  # fmt: skip
