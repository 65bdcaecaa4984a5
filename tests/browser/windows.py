"""Windows of a browser that note what goes wrong in them, and what makes a page sound."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

from tests.browser.languages import strangers

Scheme = Literal["light", "dark"]

#: What Chromium says by itself about an answer of 4xx; that one is wanted where a page is refused.
_REFUSED = "Failed to load resource: the server responded with a status of 4"

_AXE = AXE_FILE_PATH.read_text()
_RUN_AXE = """axe.run(document, {resultTypes: ['violations'], iframes: false, preload: false}).then(found => found.violations.map(
    violation => violation.id + ': ' + violation.nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(' | ')))"""
#: Another colour scheme fades in, and what inherits a colour fades after that: until then axe measures what nobody sees.
_CALM = """async () => {
    const frame = () => new Promise(requestAnimationFrame);
    for (let fading = [null]; fading.length; ) {
        await frame(); await frame();
        fading = document.getAnimations().filter(each => each instanceof CSSTransition);
        await Promise.allSettled(fading.map(each => each.finished));
    }
}"""
#: What a page says in its own language; a text of another says so (WCAG 3.1.2), and a document stays in its language.
_WORDS = """() => [document.title, ...[document.body.cloneNode(true)].map(body => {
        for (const each of body.querySelectorAll(`[lang]:not([lang="${document.documentElement.lang}"])`)) each.remove();
        return body.textContent;
    }),
    ...[...document.querySelectorAll('template')].map(each => each.content.textContent),
    ...[...document.querySelectorAll('[aria-label],[alt],[title],[placeholder]')].flatMap(each =>
        ['aria-label', 'alt', 'title', 'placeholder'].map(name => each.getAttribute(name) || ''))].join(' \\n ')"""

#: What the policy must say for each kind of thing that a page may load; anything else is too much.
POLICY = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:", "font-src": "'self'",
    "connect-src": "'self'", "form-action": "'self'", "base-uri": "'none'", "frame-ancestors": "'none'", "manifest-src": "'self'",
}  # fmt: skip


@dataclass
class Window:
    """One page of a browser, and what was wrong in it up to now."""

    page: Page
    language: str
    wrong: list[str] = field(default_factory=list)
    answer: Response | None = None

    def go(self, address: str) -> Response:
        """Open an address; the answer is that of the last redirect."""
        answer = self.page.goto(address)
        assert answer is not None
        return answer


class Windows:
    """Opens windows that may load from the given hosts only."""

    def __init__(self, browser: Browser, hosts: Callable[[str], bool]) -> None:
        self.browser, self.hosts = browser, hosts

    @contextmanager
    def open(
        self, language: str = "nl", *, script: bool = True, width: int = 1280, cookies: Any = ()
    ) -> Iterator[Window]:
        """A window with a memory of its own; at the end nothing may have gone wrong in it."""
        context = self.browser.new_context(
            locale={"nl": "nl-NL", "en": "en-GB"}[language], java_script_enabled=script, reduced_motion="reduce",
            viewport={"width": width, "height": 900}, color_scheme="light", accept_downloads=True,
        )  # fmt: skip
        context.set_default_timeout(15_000)
        context.add_cookies(list(cookies))
        try:
            window = self._watched(context.new_page(), language)
            yield window
            assert window.wrong == []
        finally:
            context.close()

    def beside(self, window: Window) -> Window:
        """Another tab of the same visitor."""
        tab = self._watched(window.page.context.new_page(), window.language)
        tab.wrong = window.wrong
        return tab

    def opened_by(self, window: Window, click: Callable[[], object]) -> Window:
        """The tab that a click opens."""
        with window.page.context.expect_page() as coming:
            click()
        tab = self._watched(coming.value, window.language)
        tab.wrong = window.wrong
        return tab

    def _watched(self, page: Page, language: str) -> Window:
        window = Window(page, language)

        def heard(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") and not message.text.startswith(_REFUSED):
                window.wrong.append(f"{page.url}: the console says {message.text}")

        def asked(request: Request) -> None:
            place = urlsplit(request.url)
            if place.scheme in ("http", "https") and not self.hosts(place.netloc):
                window.wrong.append(f"{page.url}: asks {place.netloc} for {place.path}")

        def answered(response: Response) -> None:
            if response.request.is_navigation_request() and response.frame == page.main_frame:
                window.answer = response
            elif response.status >= 400:
                window.wrong.append(f"{page.url}: {response.url} answers {response.status}")

        page.on("console", heard)
        page.on("request", asked)
        page.on("response", answered)
        page.on("pageerror", lambda error: window.wrong.append(f"{page.url}: {error}"))
        return window


def faults(window: Window, *, is_file: bool = False) -> list[str]:
    """
    What is wrong with the page that a window shows; one that is a file came without headers.

    It is looked at wide and on a phone, light and dark; which width has which colours is the other way round in the other
    language, so that all four are seen.
    """
    page = window.page
    page.wait_for_load_state()
    found = [*([] if is_file else _of_the_answer(window)), *_of_the_text(window)]
    page.evaluate(_AXE)
    schemes: tuple[Scheme, Scheme] = ("light", "dark") if window.language == "nl" else ("dark", "light")
    for width, scheme in zip((1280, 390), schemes, strict=True):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.evaluate(_CALM)
        found += [f"{width} {scheme}: {violation}" for violation in page.evaluate(_RUN_AXE)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{width}: scrolls sideways")
    return found


def _of_the_answer(window: Window) -> Iterator[str]:
    assert window.answer is not None
    headers = window.answer.headers
    policy = dict(
        part.strip().partition(" ")[::2] for part in headers.get("content-security-policy", "").split(";")
    )
    if policy != POLICY:
        yield f"the content security policy is {policy}"
    for name, value in (
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
    ):
        if headers.get(name) != value:
            yield f"{name} is {headers.get(name)}"


def _of_the_text(window: Window) -> Iterator[str]:
    page = window.page
    if (count := page.locator("h1").count()) != 1:
        yield f"{count} h1"
    if (language := page.locator("html").get_attribute("lang")) != window.language:
        yield f"says it is in {language}"
    if not page.title().strip(" ·"):
        yield "it has no title"
    for text in strangers(str(page.evaluate(_WORDS)), window.language):
        yield f"has a text of the other language: {text}"
