"""The books: reports with their charts and files, the audit file, closing a month. All for the purpose of billing."""

import tempfile
from datetime import date
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hospes import __version__
from hospes.billing.ledger import queries as ledger
from hospes.billing.ledger import services, xaf
from hospes.billing.ledger.reports.table import Period, Table
from hospes.kernel import clock, journal
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office import shown
from hospes.office.forms_reports import AuditFileForm, ClosingForm, PeriodForm
from hospes.office.pages import office_page, show
from hospes.office.reports import files
from hospes.office.reports.charts import chart
from hospes.office.reports.registry import GROUPS, REPORTS, Report, Span
from hospes.office.reports.shown import cells

_BILLING: Final = Purpose.BILLING
#: So many rows are on the page; a file has them all.
MOST: Final = 200


@require_safe
@office_page(_BILLING, nav="reports")
def reports(request: Any) -> HttpResponse:
    """What do the books say, and what is to be done with them?"""
    today = clock.today()
    with acting(_BILLING, actor=request.actor):
        months, closed = ledger.months_to_close(today), ledger.closed_until()
    context = {
        "groups": GROUPS, "closed": closed, "closing": ClosingForm(None, months=months) if months else None,
        "audit": AuditFileForm(None, today=today),
    }  # fmt: skip
    return show(request, "office/reports.html", context)


@require_safe
@office_page(_BILLING, nav="reports")
def report(request: Any, slug: str) -> HttpResponse:
    """One report over a period: the answer, a chart, and the table."""
    found, form, period = _asked(request, slug)
    table = _made(request, found, period, most=MOST)
    rows = list(table.rows)
    context = {
        "report": found, "form": form, "period": period, "columns": table.columns, "notes": table.notes, "chart": chart(table),
        "rows": [cells(table, row) for row in rows[:MOST]], "total": cells(table, table.total) if table.total else None,
        "left_out": max(len(rows) - MOST, 0), "query": request.GET.urlencode(),
    }  # fmt: skip
    return show(request, "office/report.html", context)


@require_safe
@office_page(_BILLING, nav="reports")
def report_file(request: Any, slug: str, form: str) -> HttpResponseBase:
    """The whole report as a file, for a spreadsheet: `form` is csv or xlsx."""
    if form not in ("csv", "xlsx"):
        raise Http404
    found, _form, period = _asked(request, slug)
    table = _made(request, found, period, most=None)
    name = f"{slug}-{period.first}-{period.last}" if found.span != Span.NOW else f"{slug}-{clock.today()}"
    answer: HttpResponseBase
    if form == "csv":
        answer = StreamingHttpResponse(files.csv_lines(table), content_type="text/csv; charset=utf-8")
    else:
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        answer = HttpResponse(files.xlsx(table, str(found.title)), content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return answer


def _asked(request: Any, slug: str) -> tuple[Report, PeriodForm | None, Period]:
    """The report, its form, and the period: what was asked for, or this year (quarter) as far as it came."""
    found = REPORTS.get(slug)
    if found is None:
        raise Http404
    today = clock.today()
    usual: dict[str, Any] = {"year": today.year}
    if found.span == Span.QUARTER:
        usual["part"] = f"q{(today.month + 2) // 3}"
    if found.span == Span.NOW:
        return found, None, Period.of(today.year)
    form = PeriodForm(request.GET if "year" in request.GET else usual, span=found.span, today=today)
    return found, form, form.period() if form.is_valid() else Period.of(today.year)


def _made(request: Any, found: Report, period: Period, *, most: int | None) -> Table:
    """Make the report; a file of it, and customers who stand in it by number, leave an entry in the journal."""
    now = clock.now()
    with acting(_BILLING, actor=request.actor) as scene:
        table = found.make(period, clock.day_of(now))
        shown.note_listed(((pk, None) for pk in table.customer_ids[:most]), scene=scene, now=now)
        if most is None:
            journal.record("staff.report_downloaded", at=now, table="billing_ledgerline")
    return table


@require_POST
@office_page(_BILLING, nav="reports")
def audit_file(request: Any) -> HttpResponseBase:
    """The books of a year, for who may ask for them; why stands in the journal."""
    now = clock.now()
    form = AuditFileForm(request.POST, today=clock.day_of(now))
    if not form.is_valid():
        messages.error(request, _("Choose a year, a version, and what the file is for."))
        return redirect("office:reports")
    asked = form.cleaned_data
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the answer closes it once it is sent
    with acting(_BILLING, actor=request.actor):
        xaf.write(file, asked["year"], version=asked["version"], maker=_maker(), today=clock.day_of(now))
        journal.record(f"ledger.exported_for_{asked['reason']}", at=now, table="billing_ledgerentry")
    file.seek(0)
    return FileResponse(
        file, as_attachment=True, filename=f"auditfile-{asked['year']}-{asked['version']}.xaf", content_type="application/xml"
    )  # fmt: skip


def _maker() -> xaf.Maker:
    operator = settings.HOSPES_OPERATOR
    return xaf.Maker(
        operator.name, operator.kvk, operator.country, operator.vat_number, "hospes", __version__
    )


@require_POST
@office_page(_BILLING, nav="reports")
def close_month(request: Any) -> HttpResponse:
    """Close a month and all before it."""
    now = clock.now()
    with acting(_BILLING, actor=request.actor):
        form = ClosingForm(request.POST, months=ledger.months_to_close(clock.day_of(now)))
        if form.is_valid():
            return _closed(request, form.cleaned_data["month"])
    messages.error(request, _("This month cannot be closed: it is not over, or it is closed already."))
    return redirect("office:reports")


def _closed(request: Any, month: date) -> HttpResponse:
    try:
        services.close(month, now=clock.now())
    except services.BookingRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, _("The month is closed. What comes up later is booked in the first month that is open.")
        )
    return redirect("office:reports")
