"""The bank: statements that are brought, and whose money each line is. All for the purpose of billing."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from hospes.faces.middleware import take_files
from hospes.kernel import clock, journal
from hospes.kernel.acting import Scene, acting
from hospes.kernel.purposes import Purpose
from hospes.office import shown
from hospes.office.forms_bank import AsideForm, BalanceForm, SharesForm, StatementFileForm
from hospes.office.pages import office_page, show
from hospes.office.piles import place_of
from hospes.payments.bank import allocating, queries, reading, services, sweeps
from hospes.payments.bank.models import BankLine, BankStatement
from hospes.payments.bank.words import return_words
from hospes.payments.queries import masked

_BILLING: Final = Purpose.BILLING
_MANY: Final = 50
#: So many lines of a file are looked at while its page is made; the others by the worker, within minutes.
_AT_ONCE: Final = 300

# With some room for what a browser writes around the file: one that is a little too large is told so in the form.
take_files("office:bank", reading.MOST_BYTES + 5_000_000)


# --- statements -----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@office_page(_BILLING, nav="bank")
def bank(request: Any) -> HttpResponse:
    """Until when are the statements here, and what is still to be divided?"""
    form = StatementFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and _taken_in(request, form):
        return redirect("office:bank")
    before = request.GET.get("na", "")
    with acting(_BILLING, actor=request.actor):
        number, came, went = queries.waiting()
        found = queries.statements(limit=_MANY + 1, before=int(before) if before.isdecimal() else None)
        accounts = queries.accounts()
    context = {
        "form": form, "accounts": [(_spaced(each.account), each) for each in accounts], "waiting": number,
        "came": came, "went": -went,
        "statements": [(_spaced(each.account), each) for each in found[:_MANY]], "is_later_page": bool(before),
        "older": f"?na={found[_MANY - 1].pk}" if len(found) > _MANY else "",
    }  # fmt: skip
    return show(request, "office/bank/statements.html", context, status=422 if form.is_bound else 200)


def _taken_in(request: Any, form: StatementFileForm) -> bool:
    """Take the file in; what is wrong with it stands in the form."""
    try:
        statements = reading.read(form.cleaned_data["file"])
        with acting(_BILLING, actor=request.actor):
            done = services.take_in(statements, now=clock.now())
        booked = sweeps.match(now=clock.now(), actor=request.actor, line_ids=done.line_ids[:_AT_ONCE])[
            "booked"
        ]
    except reading.BadFile as wrong:
        form.add_error("file", str(wrong))
        return False
    if not done.new:
        messages.info(request, _("All of this file is here already. Nothing was changed."))
        return True
    lines = len(done.line_ids)
    said = ngettext("One line was taken in", "%(n)d lines were taken in", lines) % {"n": lines}
    rest = _("%(booked)d were booked, %(left)d wait for you.") % {"booked": booked, "left": lines - booked}
    if lines > _AT_ONCE:
        rest = _(
            "%(booked)d were booked so far, the others are being looked at. Come back in a few minutes."
        ) % {"booked": booked}
    messages.success(request, f"{said}: {rest}")
    return True


def _spaced(account: str) -> str:
    return " ".join(account[begin : begin + 4] for begin in range(0, len(account), 4))


@require_safe
@office_page(_BILLING, nav="bank")
def statement(request: Any, statement_id: int) -> HttpResponse:
    """What does this statement say, and what became of its lines?"""
    after = request.GET.get("na", "")
    now = clock.now()
    with acting(_BILLING, actor=request.actor) as scene:
        held = BankStatement.objects.filter(pk=statement_id).first()
        if held is None:
            raise Http404
        rows = queries.lines(statement_id, limit=_MANY + 1, after=int(after) if after.isdecimal() else 0)
        said = queries.said_of([row.pk for row in rows])
        _noted(scene, (each.customer_id for some in said.values() for each in some), now)
    context = {
        "statement": held, "account": _spaced(held.account), "is_later_page": bool(after),
        "lines": [(row, masked(row.other_account), _in_force(said.get(row.pk, []))) for row in rows[:_MANY]],
        "older": f"?na={rows[_MANY - 1].position}" if len(rows) > _MANY else "",
    }  # fmt: skip
    return show(request, "office/bank/statement.html", context)


def _in_force(said: Sequence[queries.Said]) -> list[queries.Said]:
    return [each for each in said if not each.is_undone]


def _noted(scene: Scene, customer_ids: Iterable[int | None], now: Any) -> None:
    """Customers who stand on a page leave an entry, once a day for each colleague."""
    shown.note_listed(((pk, None) for pk in dict.fromkeys(customer_ids) if pk), scene=scene, now=now)


# --- what waits -----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@office_page(_BILLING, nav="bank")
def waiting(request: Any) -> HttpResponse:
    """What came and went of which nobody has said yet what it is, with what it probably is."""
    if request.method == "POST":
        line_id = request.POST.get("line", "")
        if line_id.isdecimal():
            _do(request, lambda: _accept(request, int(line_id)))
        return redirect("office:bank_waiting")
    now, after = clock.now(), place_of(request.GET.get("na", ""), date.fromisoformat)
    with acting(_BILLING, actor=request.actor) as scene:
        number, came, went = queries.waiting()
        rows = queries.waiting_lines(limit=_MANY + 1, after=after)
        found = queries.proposed(rows[:_MANY])
        _noted(scene, (some[0].customer_id for some in found.values() if some), now)
    last = rows[_MANY - 1] if len(rows) > _MANY else None
    context = {
        "waiting": number, "came": came, "went": -went, "is_later_page": after is not None,
        "lines": [
            (row, masked(row.other_account), next(iter(found[row.pk]), None), return_words(row.return_reason))
            for row in rows[:_MANY]
        ],
        "older": f"?na={last.booked_on.isoformat()}~{last.pk}" if last else "",
    }  # fmt: skip
    return show(request, "office/bank/waiting.html", context)


def _accept(request: Any, line_id: int) -> None:
    with acting(_BILLING, actor=request.actor):
        allocating.accept(line_id=line_id, key=request.POST.get("key", ""), now=clock.now())


def _do(request: Any, act: Callable[[], None]) -> bool:
    """Do something, and say whether it went."""
    try:
        act()
    except allocating.Refused as refusal:
        messages.error(request, str(refusal))
        return False
    messages.success(request, _("Booked."))
    return True


# --- one line -------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@office_page(_BILLING, nav="bank")
def line(request: Any, line_id: int) -> HttpResponse:
    """Whose money is this?"""
    forms = {"invoices": SharesForm(), "balance": BalanceForm(), "aside": AsideForm()}
    if request.method == "POST":
        asked = request.POST.get("do", "")
        if asked in forms:
            forms[asked] = type(forms[asked])(request.POST)
        if _carried_out(request, line_id, asked, forms):
            return redirect("office:bank_line", line_id=line_id)
    now = clock.now()
    with acting(_BILLING, actor=request.actor) as scene:
        row = BankLine.objects.filter(pk=line_id).first()
        if row is None:
            raise Http404
        held = BankStatement.objects.get(pk=row.statement_id)
        found = queries.proposed([row]).get(row.pk, [])
        said = queries.said_of([row.pk]).get(row.pk, [])
        journal.record(
            "bank.looked_at", at=now, table="bank_bankline", object_id=row.pk, customer_id=row.customer_id
        )
        concerned = [each.customer_id for each in found] + [each.customer_id for each in said]
        _noted(scene, concerned, now)
    context = {
        "line": row, "statement": held, "own_account": _spaced(held.account), "account": _spaced(row.other_account),
        "proposals": found, "said": said, "reason": return_words(row.return_reason), "amount": abs(row.cents),
        "left": abs(row.left_cents), **{f"{name}_form": form for name, form in forms.items()},
    }  # fmt: skip
    wrong = any(form.is_bound and form.errors for form in forms.values())
    return show(request, "office/bank/line.html", context, status=422 if wrong else 200)


def _carried_out(request: Any, line_id: int, asked: str, forms: dict[str, Any]) -> bool:
    """Do what was asked of a line; False where the form has to be looked at again."""
    if asked == "accept":
        return _do(request, lambda: _accept(request, line_id)) or True
    if asked == "payout":
        return _do(request, lambda: _acted(request, allocating.is_payout, line_id=line_id)) or True
    if asked == "undo":
        of = request.POST.get("allocation", "")
        return _do(request, lambda: _undone(request, line_id, int(of) if of.isdecimal() else 0)) or True
    form = forms.get(asked)
    if form is None:
        return True
    if not form.is_valid():
        return False
    verb, words = _VERBS[asked]
    try:
        _acted(request, verb, line_id=line_id, **{words: form.cleaned_data[next(iter(form.fields))]})
    except allocating.Refused as refusal:
        form.add_error(next(iter(form.fields)), str(refusal))
        return False
    messages.success(request, _("Booked."))
    return True


_VERBS: Final[dict[str, tuple[Callable[..., None], str]]] = {
    "invoices": (allocating.pay_invoices, "shares"),
    "balance": (allocating.hold_as_balance, "number"),
    "aside": (allocating.set_aside, "note"),
}


def _acted(request: Any, verb: Callable[..., None], **words: Any) -> None:
    with acting(_BILLING, actor=request.actor):
        verb(**words, now=clock.now())


def _undone(request: Any, line_id: int, allocation_id: int) -> None:
    with acting(_BILLING, actor=request.actor):
        if allocation_id not in [each.id for each in queries.said_of([line_id]).get(line_id, [])]:
            raise Http404
        allocating.undo(allocation_id=allocation_id, now=clock.now())
