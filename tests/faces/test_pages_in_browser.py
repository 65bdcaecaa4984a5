"""Every component and every account page: nothing for axe to find, no sideways scroll, no breach of the policy."""

import os
import threading
from collections.abc import Iterator
from datetime import date
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from allauth.account.forms import LoginForm, ReauthenticateForm, ResetPasswordForm, SignupForm
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation
from playwright.sync_api import Browser, sync_playwright

from hospes.accounts.second.ways import Ways
from hospes.config.csp import CONTENT_SECURITY_POLICY
from hospes.faces.accent import operator_css
from hospes.faces.style import LAYOUTS, style_context

pytestmark = pytest.mark.browser

POLICY = "; ".join(f"{name} {' '.join(to)}" for name, to in CONTENT_SECURITY_POLICY["DIRECTIVES"].items())
CHROMIUM = Path("/usr/bin/chromium")
TODAY = date(2026, 11, 22)
CUSTOMERS = [
    {"number": "10042", "name": "Klant 42"},
    {"number": "10043", "name": "Een bedrijf met een lange naam 43"},
]
HOUSE = {"operator": settings.HOSPES_OPERATOR, "today": TODAY, "nav": "overview"}
SOMEBODY = {
    "person": {"name": "Persoon 42"},
    "customers": CUSTOMERS,
    "customer": CUSTOMERS[1],
    "roles": ["support"],
}


def _pages() -> dict[str, tuple[str, dict[str, Any]]]:
    style = {
        f"style-{at}": ("faces/style.html", style_context(TODAY) | SOMEBODY | {"layout": f"{at}.html"})
        for at in LAYOUTS
    }
    return style | {
        "login": ("account/login.html", {"form": LoginForm(), "signup_url": "/account/signup/"}),
        "login-refused": ("account/login.html", {"form": LoginForm({"login": "x", "password": ""})}),
        "signup": ("account/signup.html", {"form": SignupForm(), "login_url": "/account/login/"}),
        "signup-refused": ("account/signup.html", {"form": SignupForm({"capacity": "business"})}),
        "logout": ("account/logout.html", {}),
        "sent": ("account/verification_sent.html", {}),
        "link-too-old": ("account/email_confirm.html", {}),
        "reset": ("account/password_reset.html", {"form": ResetPasswordForm()}),
        "reset-done": ("account/password_reset_done.html", {}),
        "reset-failed": ("account/password_reset_from_key.html", {"token_fail": True}),
        "reset-changed": ("account/password_reset_from_key_done.html", {}),
        "reauthenticate": ("account/reauthenticate.html", {"form": ReauthenticateForm(user=None)}),
        "closed": ("account/account_inactive.html", {}),
        "no-signup": ("account/signup_closed.html", {}),
        "mfa-off": ("mfa/index.html", SOMEBODY | {"ways": Ways(None, (), 0, "", None)}),
        "codes": ("mfa/recovery_codes.html", SOMEBODY | {"codes": ["7k2mp-x9d4t"] * 10, "total": 10, "as_file": "data:,"}),
        **{code: (f"{code}.html", {}) for code in ("400", "403", "403_csrf", "404", "405", "500")},
    }  # fmt: skip


class _Handler(SimpleHTTPRequestHandler):
    """Serves /static/… and, for /<language>/<name>, the rendered page."""

    pages: dict[str, bytes] = {}

    def do_GET(self) -> None:
        if self.path.startswith("/static/"):
            super().do_GET()
            return
        body, kind = self.pages.get(self.path, b""), "text/html; charset=utf-8"
        if self.path == "/operator.css":
            body, kind = operator_css(RequestFactory().get(self.path)).content, "text/css"
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def translate_path(self, path: str) -> str:
        return finders.find(path.removeprefix("/static/")) or os.devnull

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    for language in ("nl", "en"):
        with translation.override(language):
            for name, (template, context) in _pages().items():
                request = RequestFactory().get(f"/{language}/{name}")
                made = render_to_string(template, HOUSE | {"request": request, "csrf_token": "t"} | context)
                _Handler.pages[f"/{language}/{name}"] = made.encode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize(
    ("scheme", "width", "language"), [("light", 390, "nl"), ("light", 1280, "en"), ("dark", 1280, "nl")]
)
def test_pages_are_sound(browser: Browser, address: str, scheme: Any, width: int, language: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    page, found = context.new_page(), []
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    for path in (p for p in _Handler.pages if p.startswith(f"/{language}/")):
        page.goto(address + path)
        broken = [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in Axe().run(page).response["violations"]]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            broken.append("scrolls sideways")
        found += [(path, what) for what in broken + complaints]
        complaints.clear()
    context.close()
    assert found == []


def test_keys_and_menus_work_by_keyboard(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address + "/nl/style-portal")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.locator(".top .pop > summary:visible").first.click()
    assert page.locator("details.pop[open]").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("details.pop[open]").count() == 0
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.close()


def test_menus_open_without_a_script(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(address + "/nl/style-portal")
    page.locator(".mobile-nav > summary").click()
    assert page.get_by_role("link", name="English").last.is_visible()
    assert page.locator(".js-only:visible").count() == 0
    context.close()


def test_a_request_of_htmx_that_fails_is_told_about(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address + "/en/style-portal")
    page.evaluate("void htmx.ajax('GET', '/en/no-such-page', 'main')")
    page.locator("#messages .notice-error").wait_for(timeout=5000)
    assert "Reload the page" in page.locator("#messages").inner_text()
    assert page.locator("h1").inner_text() == "Design system"  # the page itself stands
    page.close()
