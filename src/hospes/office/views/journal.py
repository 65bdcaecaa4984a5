"""The journal: who did what, for what purpose, about whom. Reading it leaves an entry as well."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse, QueryDict
from django.views.decorators.http import require_safe

from hospes.customers.models import Customer, Membership, Person
from hospes.customers.queries import in_force
from hospes.kernel import clock, journal
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office import parts
from hospes.office.forms import JournalForm
from hospes.office.pages import find, looking_at, office_page, show

PAGE = 50
_SECURITY = Purpose.SECURITY


@require_safe
@office_page(_SECURITY, nav="journal")
def journal_page(request: Any) -> HttpResponse:
    """What happened: to everybody, or to one customer; of one kind, or on one day."""
    form = JournalForm(request.GET, today=clock.today())
    asked = form.cleaned_data if form.is_valid() else {}
    entries, no_such = ([], False) if form.errors else _entries(request, asked)
    older = _older(request.GET, entries[PAGE - 1].place) if len(entries) > PAGE else ""
    shown = entries[:PAGE]
    context = {
        "form": form, "entries": _named(request, shown), "older": older, "no_such": no_such,
        "newest": _without(request.GET, "na") if "na" in request.GET else "",
        "is_narrowed": any(asked.get(name) for name in ("customer", "action", "day")),
    }  # fmt: skip
    return show(request, "office/journal.html", context)


def _entries(request: Any, asked: dict[str, Any]) -> tuple[list[parts.Trace], bool]:
    """The entries that were asked for, and whether there is no such customer."""
    wanted: dict[str, Any] = {
        "action": asked.get("action") or "", "day": asked.get("day"), "before": _place(request.GET.get("na", "")),
        "limit": PAGE + 1,
    }  # fmt: skip
    if not asked.get("customer"):
        with acting(_SECURITY, actor=request.actor):
            found = parts.traces(**wanted)
            journal.record("staff.read_journal", at=clock.now(), table="kernel_journalentry")
        return found, False
    with acting(_SECURITY, actor=request.actor):
        is_known = Customer.objects.filter(number=asked["customer"]).exists()
    if not is_known:
        return [], True
    whom = find(request, asked["customer"])
    with looking_at(request, _SECURITY, whom.customer_id, whom.holders[_SECURITY]):
        holder_id = whom.holders[_SECURITY]
        return parts.traces(
            customer_id=whom.customer_id, person_id=holder_id, with_lists=True, **wanted
        ), False


def _named(request: Any, entries: list[parts.Trace]) -> list[tuple[parts.Trace, str, int | None]]:
    """Each entry with the colleague's name, where one acted, and the number of the customer that it concerns."""
    staff = {entry.actor_id for entry in entries if entry.is_staff}
    persons = {entry.person_id for entry in entries if entry.customer_id is None and entry.person_id}
    with acting(_SECURITY, actor=request.actor):
        names = {person.pk: person.name for person in Person.objects.filter(pk__in=staff)}
        held = Membership.objects.filter(in_force(clock.now()), person_id__in=persons).order_by(
            "-customer_id"
        )
        of_person = dict(held.values_list("person_id", "customer_id"))
        concerned = [entry.customer_id or of_person.get(entry.person_id or 0) for entry in entries]
        numbers = dict(Customer.objects.filter(pk__in=set(concerned) - {None}).values_list("pk", "number"))
    return [
        (entry, names.get(entry.actor_id or 0, "") if entry.is_staff else "", numbers.get(pk or 0))
        for entry, pk in zip(entries, concerned, strict=True)
    ]


def _place(text: str) -> tuple[datetime, int] | None:
    moment, _tilde, pk = text.partition("~")
    try:
        at = datetime.fromisoformat(moment)
        return (at, int(pk)) if at.tzinfo else None
    except ValueError:
        return None


def _older(asked: QueryDict, place: str) -> str:
    again = asked.copy()
    again["na"] = place
    return f"?{again.urlencode()}"


def _without(asked: QueryDict, name: str) -> str:
    again = asked.copy()
    again.pop(name, None)
    return f"?{again.urlencode()}"
