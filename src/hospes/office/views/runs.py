"""The billing run: what the last ones did, whom they could not invoice, and what comes. For the purpose of billing."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from hospes.billing.run import queries
from hospes.kernel import clock
from hospes.kernel.acting import acting
from hospes.kernel.purposes import Purpose
from hospes.office.pages import office_page, show

#: So many days ahead are shown.
DAYS: Final = 14


@require_safe
@office_page(Purpose.BILLING, nav="reports")
def billing_run(request: Any) -> HttpResponse:
    """Did the last run do everything, and what will the next ones bring?"""
    today, operator = clock.today(), settings.HOSPES_OPERATOR
    with acting(Purpose.BILLING, actor=request.actor):
        runs, coming = queries.last_runs(), queries.coming(today, days=DAYS)
        waiting = queries.open_problem_count()
    context = {
        "runs": runs, "last": next((each for each in runs if each.is_finished), None), "waiting": waiting, "coming": coming,
        "coming_services": sum(each.services for each in coming), "coming_cents": sum(each.cents for each in coming),
        "consumer_days": operator.consumer_lead_days, "business_days": operator.business_lead_days, "today": today,
    }  # fmt: skip
    return show(request, "office/billing_run.html", context)
