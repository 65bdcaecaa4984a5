"""
Finding customers: by whatever the role's purposes may read, and by nothing else.

Which purposes may look something up is asked of the data map: a support agent finds nobody by an invoice number, since no
purpose of theirs may read invoices. Every look-up uses an index, also under the row policies (see `lookups`), and there are
as many of them as the role has purposes and the text has keys, however many customers there are.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db.models import Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Lower
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hospes.billing.models import Invoice
from hospes.customers.models import Customer, CustomerWord, Membership, Person, PersonWord
from hospes.customers.queries import in_force
from hospes.hosting.models import HostingAccount
from hospes.kernel import clock
from hospes.kernel.acting import Actor, acting
from hospes.kernel.datamap import readable
from hospes.kernel.purposes import Purpose
from hospes.office.keys import Keys
from hospes.office.lookups import Begins
from hospes.office.shown import note_found
from hospes.sales.models import Order, Quote
from hospes.services.models import Service

#: So many customers are shown, and so many rows are looked at for each key.
MOST: Final = 25

#: A customer's or person's id, and why it was found.
Match = tuple[int, str | Promise]


@dataclass
class Hit:
    """A customer that was found: no more of it than is needed to choose, and why it is here."""

    customer_id: int
    number: int
    name: str
    town: str
    why: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Way:
    """A way to find somebody: what of the keys it takes, and what its purpose must be able to read."""

    takes: str
    model: type[Any]
    columns: frozenset[str]
    look_up: Callable[[Any], Iterator[Match]]
    gives_persons: bool = False

    def is_open_to(self, purpose: Purpose) -> bool:
        return self.columns <= readable(self.model, purpose)


def search(keys: Keys, *, purposes: list[Purpose], actor: Actor, now: datetime) -> list[Hit]:
    """
    The customers that a text can mean: exact numbers first, names last; at most MOST + 1 of them.

    The first MOST are shown: each gets an entry in the journal, for the first purpose that it was found for.
    """
    found: dict[int, Hit] = {}
    for purpose in purposes:
        ways = [way for way in WAYS if getattr(keys, way.takes) and way.is_open_to(purpose)]
        if ways:
            before = len(found)
            with acting(purpose, actor=actor):
                _gather(found, purpose, ways, keys)
                note_found(list(found)[before:MOST], now=now)
    return list(found.values())[: MOST + 1]


def _gather(found: dict[int, Hit], purpose: Purpose, ways: list[Way], keys: Keys) -> None:
    reasons: dict[int, list[str]] = {}
    for way in ways:
        matches = list(way.look_up(getattr(keys, way.takes)))
        for customer_id, why in _of_customers(matches) if way.gives_persons else matches:
            reasons.setdefault(customer_id, []).append(str(why))
    known = _heads(purpose, list(reasons))
    for customer_id, whys in reasons.items():
        if customer_id in known:
            hit = found.setdefault(customer_id, known[customer_id])
            hit.why += [why for why in dict.fromkeys(whys) if why not in hit.why]


def _heads(purpose: Purpose, customer_ids: list[int]) -> dict[int, Hit]:
    shown = frozenset({"id", "number", "name", "town"}) & readable(Customer, purpose)
    rows = Customer.objects.filter(pk__in=customer_ids[: 4 * MOST]).values(*shown)
    return {row["id"]: Hit(row["id"], row["number"], row["name"], row.get("town", "")) for row in rows}


def _of_customers(matches: list[Match]) -> Iterator[Match]:
    """The customers that these persons may act for."""
    why = dict(matches)
    held = Membership.objects.filter(in_force(clock.now()), person_id__in=why).order_by("customer_id")
    for person_id, customer_id in held.values_list("person_id", "customer_id")[: 4 * MOST]:
        yield customer_id, why[person_id]


# --- the ways -------------------------------------------------------------------------------------------------------------


def _ids(found: "QuerySet[Any, Any]", column: str, why: str | Promise) -> Iterator[Match]:
    for pk in found.values_list(column, flat=True)[: MOST + 1]:
        yield pk, why


def _begins(column: Any, text: str) -> Begins:
    return Begins(F(column) if isinstance(column, str) else column, Value(text))


def _by_number(number: int) -> Iterator[Match]:
    return _ids(Customer.objects.filter(number=number), "pk", _("customer number"))


def _by_phone(phone: str) -> Iterator[Match]:
    shown = Person.objects.filter(
        phone=phone, phone_confirmed_at__isnull=False
    )  # others may be somebody else's
    return _ids(shown, "pk", _("phone number"))


def _by_address(address: str) -> Iterator[Match]:
    return _ids(Person.objects.filter(_begins("email", address)), "pk", _("e-mail address"))


def _by_invoice_address(address: str) -> Iterator[Match]:
    found = Customer.objects.filter(_begins(Lower("invoice_email"), address))
    return _ids(found, "pk", _("e-mail address for invoices"))


def _by_document(model: type[Any], called: Promise) -> Callable[[str], Iterator[Match]]:
    def look_up(number: str) -> Iterator[Match]:
        return _ids(model.objects.filter(number=number), "customer_id", format_lazy("{} {}", called, number))

    return look_up


def _by_label(label: str) -> Iterator[Match]:
    found = Service.objects.filter(_begins("label", label)).values_list("customer_id", "label")
    for customer_id, name in found[: MOST + 1]:
        yield customer_id, format_lazy("{} {}", _("domain name"), name)


def _by_username(label: str) -> Iterator[Match]:
    return _ids(HostingAccount.objects.filter(username=label), "customer_id", _("user name of the hosting"))


def _by_words(model: type[Any], owner: str, why: Promise) -> Callable[[tuple[str, ...]], Iterator[Match]]:
    def look_up(words: tuple[str, ...]) -> Iterator[Match]:
        first, *others = words
        found = model.objects.filter(_begins("word", first))
        for other in others:
            same = model.objects.filter(_begins("word", other), **{owner: OuterRef(owner)})
            found = found.filter(Exists(same))
        return _ids(found.order_by("word", owner), owner, why)

    return look_up


def _documents() -> Iterator[Way]:
    called: list[tuple[type[Any], Promise]] = [
        (Invoice, _("invoice")),
        (Order, _("order")),
        (Quote, _("quote")),
    ]
    for model, name in called:
        yield Way("document", model, frozenset({"number", "customer"}), _by_document(model, name))


WAYS: Final = (
    Way("number", Customer, frozenset({"number", "name"}), _by_number),
    *_documents(),
    Way("phone", Person, frozenset({"phone", "phone_confirmed_at"}), _by_phone, gives_persons=True),
    Way("address", Person, frozenset({"email"}), _by_address, gives_persons=True),
    Way("address", Customer, frozenset({"invoice_email"}), _by_invoice_address),
    Way("label", Service, frozenset({"label", "customer"}), _by_label),
    Way("label", HostingAccount, frozenset({"username", "customer"}), _by_username),
    Way("words", CustomerWord, frozenset({"word"}), _by_words(CustomerWord, "customer_id", _("name"))),
    Way(
        "words",
        PersonWord,
        frozenset({"word"}),
        _by_words(PersonWord, "person_id", _("name of a contact")),
        gives_persons=True,
    ),
)
