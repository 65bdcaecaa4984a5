"""`hospes screenshots`: the pictures of the README, of a fresh demo in Chromium."""

import argparse
import json
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from hospes.cli import ports
from hospes.cli.places import ROOT
from hospes.cli.problems import Problem
from hospes.cli.supervisor import Stack
from hospes.cli.totp import code

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = "/usr/bin/chromium"

#: File, address below the customer's own, width.
PORTAL = [
    ("portal-overview", "", 1280), ("portal-services", "diensten/", 1280), ("portal-invoices", "facturen/", 1280),
    ("portal-orders", "bestellingen/", 1280), ("portal-access", "toegang/", 1280), ("portal-your-data", "gegevens/", 1280),
    ("portal-overview-phone", "", 390),
]  # fmt: skip


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "images", help="the folder to put them in")
    parser.add_argument("--language", choices=("nl", "en"), default="nl")


def run(arguments: argparse.Namespace) -> int:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise Problem("the screenshots need the development environment: make setup") from None
    arguments.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hospes-screenshots-") as directory:
        stack = Stack(
            var=Path(directory),
            port_base=ports.free_base(),
            durable=False,
            say=lambda line: print(line, file=sys.stderr),
        )
        with stack, sync_playwright() as play:
            stack.wait_ready()
            logins = json.loads((Path(directory) / "demo.json").read_text())["logins"]
            browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            _portal(browser, stack, logins[0], arguments)
            _office(browser, stack, next(e for e in logins if e["who"] == "billing clerk"), arguments)
            browser.close()
    return 0


def _page(browser: Any, language: str) -> "Page":
    page: Page = browser.new_page(
        viewport={"width": 1280, "height": 860}, locale=language, color_scheme="light"
    )
    return page


def _prefix(language: str) -> str:
    return "" if language == "nl" else "en/"


def _log_in(page: "Page", base: str, login: dict[str, str], language: str) -> None:
    page.goto(f"{base}{_prefix(language)}account/login/")
    page.fill("[name=login]", login["login"])
    page.fill("[name=password]", login["password"])
    page.click("form:has([name=password]) button[type=submit]")


def _mailed_code(stack: Stack, to: str) -> str:
    """The code that was mailed, since this browser is new to whom it logs in."""
    url, deadline = stack.ports.url("mail"), time.monotonic() + 30
    while time.monotonic() < deadline:
        for listed in httpx.get(f"{url}messages.json", params={"to": to}, timeout=10).json():
            text = httpx.get(f"{url}messages/{listed['id']}.json", timeout=10).json()["text"]
            if found := re.search(r"^(\d{6})\s*$", text, re.MULTILINE):
                return found[1]
        time.sleep(0.2)
    raise Problem(f"no code was mailed to {to}")


def _shoot(page: "Page", address: str, arguments: argparse.Namespace, name: str, width: int = 1280) -> None:
    page.set_viewport_size({"width": width, "height": 860})
    page.goto(address)
    page.screenshot(path=str(arguments.to / f"{name}.png"), full_page=width < 1000)


def _portal(browser: Any, stack: Stack, login: dict[str, str], arguments: argparse.Namespace) -> None:
    base, prefix = stack.ports.url("portal"), _prefix(arguments.language)
    page = _page(browser, arguments.language)
    _shoot(page, f"{base}{prefix}hosting/", arguments, "shop")
    _log_in(page, base, login, arguments.language)
    page.wait_for_load_state()
    if "/nieuwe-plek/" in page.url:
        page.fill("[name=code]", _mailed_code(stack, login["login"]))
        page.click("form:has([name=code]) button[type=submit]")
    page.wait_for_url("**/k/*/")
    number = page.url.rstrip("/").split("/")[-1]
    for name, path, width in PORTAL:
        _shoot(page, f"{base}{prefix}k/{number}/{path}", arguments, name, width)


def _office(browser: Any, stack: Stack, login: dict[str, str], arguments: argparse.Namespace) -> None:
    base, prefix = stack.ports.url("office"), _prefix(arguments.language)
    page = _page(browser, arguments.language)
    _log_in(page, base, login, arguments.language)
    page.fill("[name=code]", code(login["totp"], time.time()))
    page.click("form:has([name=code]) button[type=submit]")
    page.wait_for_load_state()
    _shoot(page, f"{base}{prefix}", arguments, "office-work")
    _shoot(page, f"{base}{prefix}zoeken/?q=10001", arguments, "office-search")
    _shoot(page, f"{base}{prefix}klanten/10001/", arguments, "office-customer")
