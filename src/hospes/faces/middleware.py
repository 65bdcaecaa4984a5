"""What every face does around a page: a line in the log that names nobody, and no cookie that is not on the map."""

import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from hospes.kernel.outside import NotOnTheMap, cookies

Handler = Callable[[HttpRequest], HttpResponse]

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def request_log(get_response: Handler) -> Handler:
    """
    Middleware: one line a request, with the name of its route.

    Neither the path (it has numbers of customers and keys of mails in it) nor the IP address: where somebody logged in from
    stands in the journal, which knows for how long.
    """
    log = structlog.get_logger("hospes.requests")

    def middleware(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = get_response(request)
        log.info(
            "request",
            face=settings.FACE,
            method=request.method if request.method in _METHODS else "other",
            route=request.resolver_match.view_name if request.resolver_match else "",
            status=response.status_code,
            milliseconds=round((time.perf_counter() - began) * 1000),
        )
        return response

    return middleware


def only_mapped_cookies(get_response: Handler) -> Handler:
    """Middleware: a cookie that is not on the data map does not leave; in tests it raises NotOnTheMap."""
    log = structlog.get_logger("hospes.cookies")

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        unknown = sorted(set(response.cookies) - set(cookies))
        if unknown and settings.TESTING:
            raise NotOnTheMap(f"the data map knows no cookie {', '.join(unknown)}")
        for name in unknown:
            del response.cookies[name]
            log.error("cookie dropped that is not on the data map", error=name)
        return response

    return middleware
