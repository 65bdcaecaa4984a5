"""What people see when something is wrong: what it is, and what they can do."""

from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render

_TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def too_large(request: HttpRequest) -> HttpResponse:
    """A form that holds more than we take: its fields, the secret against forgery among them, were not read."""
    return render(request, "413.html", status=413)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    if isinstance(exception, _TOO_LARGE):
        return too_large(request)
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def not_by_address(request: HttpRequest, allowed: str) -> HttpResponse:
    """The address of a form that is sent: whoever opens it by itself, or loads it anew, sees a page and not a blank one."""
    page = render(request, "405.html", status=405)
    page["Allow"] = allowed
    return page


def broken(request: HttpRequest) -> HttpResponse:
    """Without context processors, templates with them or a database: those may be what is broken."""
    from django.template.loader import get_template

    return HttpResponse(get_template("500.html").render({}), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Without its cookie a form is refused before it is read: it may be too large besides."""
    try:
        request.POST.get("csrfmiddlewaretoken")
    except _TOO_LARGE:
        return too_large(request)
    except (UnreadablePostError, BadRequest, MultiPartParserError):
        pass  # broken besides: what is wrong is said already
    return render(request, "403_csrf.html", status=403)
