"""What every face does around a page: a line in the log that names nobody, and no cookie that is not on the map."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, MemoryFileUploadHandler, StopUpload
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils.cache import patch_cache_control

from hospes.faces.errors import bad_request, not_by_address, too_large
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


#: More than any form of ours needs; no form takes a file, but those of `take_files`.
MOST_BYTES = 2_000_000
_taking_files: dict[str, int] = {}


def take_files(route: str, most_bytes: int) -> None:
    """Have the page of a route take a file of at most so many bytes, from staff with their second step and from nobody else."""
    _taking_files[route] = most_bytes


def _most_for_a_file(request: HttpRequest) -> int:
    """How many bytes the page that is meant takes with a file; 0 for every other page, and for what is no file."""
    if request.method != "POST" or request.content_type != "multipart/form-data" or not _taking_files:
        return 0
    try:
        return _taking_files.get(resolve(request.path_info).view_name, 0)
    except Resolver404:
        return 0


def sane_requests(get_response: Handler) -> Handler:
    """
    Middleware: refuses what no browser of ours sends, before anything is stored of it: bodies that are too large, files where
    none are taken, and zero bytes (which the database cannot keep).

    Who opens the address of a form gets a page, and no blank one.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        length, most = request.META.get("CONTENT_LENGTH") or "0", _most_for_a_file(request)
        if not length.isdecimal() or int(length) > max(MOST_BYTES, most):
            return too_large(request)
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return bad_request(request)
        if request.method == "POST" and not most and _has_zeros(request):
            return bad_request(request)
        answer = get_response(request)
        if (
            request.method == "GET"
            and answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED
            and not answer.content
        ):
            return not_by_address(request, answer["Allow"])
        return answer

    return middleware


def _has_zeros(request: HttpRequest) -> bool:
    return any("\0" in value for _name, values in request.POST.lists() for value in values)


def files_of_staff(get_response: Handler) -> Handler:
    """
    Middleware: a page that takes a file reads it once it is known that a colleague sends it. Comes after who is there.

    What anybody else sends to that page is held to what any form may be, and its file is not kept for a moment.
    """

    def middleware(request: Any) -> HttpResponse:
        if _most_for_a_file(request):
            if request.staff is not None and request.second_step:
                request.upload_handlers = [InMemory(request)]
            elif int(request.META.get("CONTENT_LENGTH") or "0") > MOST_BYTES:
                return too_large(request)
            if _has_zeros(request):
                return bad_request(request)
        return get_response(request)

    return middleware


class InMemory(MemoryFileUploadHandler):
    """A file is never put on the disk: it is read, and forgotten. Its size was looked at before."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        self.activated = True


class NoFiles(FileUploadHandler):
    """What is sent as a file to a form that takes none is not kept, not even for a moment."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise StopUpload(connection_reset=False)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None


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
            log.error("cookie dropped that is not on the data map", cookie=name)
        return response

    return middleware


def for_their_eyes_only(get_response: Handler) -> Handler:
    """Middleware: no browser and no proxy keeps a page that somebody saw while logged in, for whoever comes after them."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response

    return middleware
