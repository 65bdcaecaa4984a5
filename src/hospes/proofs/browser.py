"""A visitor without JavaScript: follows links and fills in forms over HTTP, as a browser would."""

from __future__ import annotations

import itertools
import sys
import weakref
from typing import cast

import httpx
from lxml import html

from hospes.proofs.registry import must

_networks = itertools.count(1)


def _another_network() -> str:
    """A loopback address that none before came from: visitors do not share a network, nor its limits on tries."""
    n = next(_networks)
    return f"127.{1 + n // 250 % 250}.{n % 250}.1" if sys.platform == "linux" else "127.0.0.1"


class Browser:
    """One visitor with their cookies, at one address of the portal or the office."""

    def __init__(self, base: str) -> None:
        self.http = httpx.Client(
            base_url=base, follow_redirects=True, timeout=20, headers={"user-agent": "hospes prove"},
            transport=httpx.HTTPTransport(local_address=_another_network()),
        )  # fmt: skip
        self.answer: httpx.Response | None = None
        weakref.finalize(self, self.http.close)  # who forgets a visitor leaves no connection open

    def get(self, path: str, *, expect: int = 200) -> Browser:
        """Open a page; Broken when the answer is not what was expected."""
        return self._seen(self.http.get(path), expect)

    def submit(
        self, fields: dict[str, str], *, has: str = "", action: str = "", expect: int = 200
    ) -> Browser:
        """Send a form of the page: the one with a field or button of this name, or that goes to this address."""
        form = self._form(has, action)
        filled = {name: value for name, value in form.form_values() if value is not None} | fields
        target = str(self.page.url.join(form.get("action") or str(self.page.url)))
        return self._seen(
            self.http.post(target, data=filled, headers={"referer": str(self.page.url)}), expect
        )

    def _form(self, has: str, action: str) -> html.FormElement:
        for form in _tree(self.page.text).forms:
            names = {e.get("name") for e in form.iter("input", "button", "select", "textarea")}
            if (has and has in names) or (action and action in (form.get("action") or "")):
                return form
        raise AssertionError(f"{self.page.url} has no form with {has or action}")

    def _seen(self, answer: httpx.Response, expect: int) -> Browser:
        self.answer = answer
        must(
            answer.status_code == expect,
            f"{answer.request.method} {answer.url.path} answered {answer.status_code}, not {expect}",
        )
        return self

    @property
    def page(self) -> httpx.Response:
        """The answer that is shown at the moment."""
        if self.answer is None:
            raise AssertionError("no page was opened yet")
        return self.answer

    @property
    def text(self) -> str:
        """What can be read on the page."""
        return " ".join(str(_tree(self.page.text).text_content()).split())

    @property
    def token(self) -> str:
        """What the forms of the page carry to show that they are of this site."""
        return str(_tree(self.page.text).xpath("string(//input[@name='csrfmiddlewaretoken']/@value)"))

    @property
    def path(self) -> str:
        return self.page.url.path


def _tree(text: str) -> html.HtmlElement:
    return cast(html.HtmlElement, html.document_fromstring(text))
