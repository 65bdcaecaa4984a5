"""Pages that fail in each way, and in each moment of a request."""

from collections.abc import Iterator
from typing import Any

from django.core.signals import request_started
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from tests.kernel.leaks import CANARY, WAYS


def fail(request: HttpRequest, way: str) -> HttpResponse:
    WAYS[way]()
    return HttpResponse("well")


def halfway(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        yield b"first"
        raise ValueError(CANARY)

    return StreamingHttpResponse(parts())


def before_anything(environ: dict[str, Any], **_: object) -> None:
    if environ["PATH_INFO"] == "/early/":
        raise ValueError(CANARY)


request_started.connect(before_anything, weak=False)
urlpatterns = [path("halfway/", halfway), path("<slug:way>/", fail)]
