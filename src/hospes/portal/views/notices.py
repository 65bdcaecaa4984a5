"""The one address for notices of a payment provider that signs them."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from hospes.kernel import clock
from hospes.payments import services as payments
from hospes.payments.providers import NotANotice, provider
from hospes.payments.rules import is_reference


@csrf_exempt
@require_POST
def payment_notices(request: HttpRequest) -> HttpResponse:
    """A hint, stored and acknowledged: what it says of the payment is not looked at. Not signed right, it is refused."""
    now = clock.now()
    try:
        reference = provider().noticed(body=request.body, headers=request.headers, now=now)
    except NotANotice:
        return HttpResponse(status=400)
    if is_reference(reference):
        payments.note(reference=reference, now=now)
    return HttpResponse(status=200)
