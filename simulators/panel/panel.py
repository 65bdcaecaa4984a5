"""The hosting panel: classic commands over HTTP, urlencoded answers, and a page that lists the accounts."""

import base64
import binascii
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from simulators.base import Clock, Control, Simulator
from simulators.markup import Child, tag
from simulators.pages import document, moment, table
from simulators.panel.accounts import SCHEMA, SERVER_IP, Account, Accounts, PanelError
from simulators.wire import Request, Response, Route, as_html
from simulators.words import words

PACKAGES = ("small", "medium", "large")
LOGIN_PAGE = "<!doctype html><html lang=en><head><title>Login</title></head><body><h1>{0}</h1></body></html>"


class PanelControl(Control):
    """Adds to the weather: package, delete_says_error."""

    def __init__(self, panel: "HostingPanel") -> None:
        super().__init__(panel)
        self._panel = panel

    def verbs(self) -> Mapping[str, Callable[..., Any]]:
        own: dict[str, Callable[..., Any]] = {
            "package": self.package,
            "delete_says_error": self.delete_says_error,
        }
        return {**super().verbs(), **own}

    def package(self, name: str) -> dict[str, Any]:
        """Offer one more package."""
        self._panel.accounts.add_package(name)
        return {"packages": self._panel.accounts.packages}

    def delete_says_error(self, times: int = 1) -> dict[str, Any]:
        """The next deletions succeed and are answered with an error all the same, as in life."""
        self._panel.store.keep_setting("delete_says_error", times)
        return {"times": times}


class HostingPanel(Simulator):
    """
    A panel with one administrator, who logs in with a login key and may act for others as user|account.

    Who is not let in gets an HTML page with status 200, as from the real panel. packages are those on offer.
    """

    title = "Hosting panel"
    api_prefix = "/CMD_"
    schema = SCHEMA
    control: PanelControl

    def __init__(
        self,
        *,
        port: int = 0,
        state: Path | str | None = None,
        clock: Clock = time.time,
        user: str = "admin",
        login_key: str = "demo-login-key",
        packages: Sequence[str] = PACKAGES,
    ) -> None:
        super().__init__(port=port, state=state, clock=clock)
        self._user, self._key = user, login_key
        self.accounts = Accounts(self.store, clock, packages)
        self.control = PanelControl(self)
        commands: dict[tuple[str, str], Callable[[Mapping[str, str]], str]] = {
            ("POST", "CMD_API_ACCOUNT_USER"): self._create,
            ("POST", "CMD_API_SELECT_USERS"): self._select,
            ("POST", "CMD_API_MODIFY_USER"): self._modify,
            ("POST", "CMD_API_USER_PASSWD"): self._password,
        }
        reading: dict[str, Callable[[Mapping[str, str]], str]] = {
            "CMD_API_SHOW_USERS": lambda form: _listing(account.username for account in self.accounts.all()),
            "CMD_API_PACKAGES_USER": lambda form: _listing(self.accounts.packages),
            "CMD_API_SHOW_USER_CONFIG": self._config,
        }
        for method in ("GET", "POST"):
            commands |= {(method, name): command for name, command in reading.items()}
            self.add_routes([Route(method, "/CMD_API_LOGIN_TEST", self._login_test)])
        self.add_routes([Route(way, f"/{name}", self._guarded(do)) for (way, name), do in commands.items()])
        self.add_routes([Route("GET", "/", self._index)])

    def refuse(self, status: int, detail: str) -> Response:
        return Response(f"{detail}\n".encode(), status)

    def _credentials(self, request: Request) -> tuple[str, str]:
        scheme, _, token = request.header("Authorization").partition(" ")
        if scheme.lower() != "basic":
            return "", ""
        try:
            name, _, secret = base64.b64decode(token, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return name, secret

    def _is_administrator(self, request: Request) -> bool:
        name, secret = self._credentials(request)
        acting, _, other = name.partition("|")
        return acting == self._user and secret == self._key and (not other or self.accounts.exists(other))

    def _guarded(self, command: Callable[[Mapping[str, str]], str]) -> Callable[[Request], Response]:
        def guarded(request: Request) -> Response:
            if not self._is_administrator(request):
                return _login_page()
            form = request.form() if request.method == "POST" else request.query
            try:
                return _answer(command(form))
            except PanelError as error:
                return _answer(_outcome(error.text, error.details, error=True))

        return guarded

    def _login_test(self, request: Request) -> Response:
        if self._is_administrator(request) or self.accounts.may_log_in(*self._credentials(request)):
            return _answer(_outcome("Login OK", "none"))
        return _login_page()

    def _create(self, form: Mapping[str, str]) -> str:
        if form.get("action") != "create" or form.get("add") != "Submit":
            raise PanelError("Cannot Create Account", "Say action=create and add=Submit")
        account = self.accounts.create(form)
        return _outcome("User created successfully", f"Unix User {account.username} created")

    def _select(self, form: Mapping[str, str]) -> str:
        names = [value for name, value in form.items() if re.fullmatch(r"select\d+", name)]
        if not names:
            raise PanelError("Error", "No users selected")
        if form.get("delete") == "yes":
            return self._delete(form, names)
        if form.get("suspend") in ("Suspend", "Unsuspend") and form.get("location") == "CMD_SELECT_USERS":
            # Whatever was asked for, the state is turned over: who wants to be sure reads it first.
            for name in names:
                self.accounts.toggle(name, form.get("reason", ""))
            return _outcome("Success", "The users have been suspended/unsuspended")
        raise PanelError("Error", "Say what to do with the users")

    def _delete(self, form: Mapping[str, str], names: Sequence[str]) -> str:
        if form.get("confirmed") != "Confirm":
            raise PanelError("Error", "Say confirmed=Confirm")
        for name in names:
            self.accounts.delete(name)
        if odd := self.store.setting("delete_says_error", 0):
            self.store.keep_setting("delete_says_error", odd - 1)
            raise PanelError("Error Deleting User", "Error while removing the crontab")
        return _outcome("Users deleted", "none")

    def _modify(self, form: Mapping[str, str]) -> str:
        if form.get("action") == "customize":
            self.accounts.customize(form.get("user", ""), form)
            return _outcome("User Modified", "none")
        if form.get("action") != "package":
            raise PanelError("Error", "Only action=package and action=customize are offered here")
        self.accounts.change_package(form.get("user", ""), form.get("package", ""))
        return _outcome("User Modified", "none")

    def _password(self, form: Mapping[str, str]) -> str:
        passwords = form.get("passwd", ""), form.get("passwd2", "")
        self.accounts.change_password(form.get("username", ""), *passwords)
        return _outcome("Password Changed", "none")

    def _config(self, form: Mapping[str, str]) -> str:
        account = self.accounts.get(form.get("user", ""))
        return urlencode({**_config_of(account, self._user), **self.accounts.limits(account.username)})

    def _index(self, request: Request) -> Response:
        language, say = request.language, words(request.language)
        heads = [say(head) for head in ("Account", "Domain", "Package", "State", "Time")]
        rows: list[list[Child]] = [
            [
                account.username,
                account.domain,
                account.package,
                say("suspended") if account.suspended else say("active"),
                moment(account.created),
            ]
            for account in self.accounts.all()
        ]
        title = say("Accounts")
        body = table(title, heads, rows) if rows else tag("p", say("There are no accounts yet."))
        above = say(self.title)
        return as_html(document(title, body, language=language, above=above, neighbours=self.neighbours))


def _config_of(account: Account, creator: str) -> dict[str, str]:
    config = {
        "account": "ON",
        "creator": creator,
        "date_created": time.strftime("%a %b %d %H:%M:%S %Y", time.gmtime(account.created)),
        "domain": account.domain,
        "email": account.email,
        "ip": SERVER_IP,
        "name": account.username,
        "package": account.package,
        "suspended": "yes" if account.suspended else "no",
        "username": account.username,
        "usertype": "user",
    }
    return {**config, "suspended_reason": account.reason} if account.suspended else config


def _outcome(text: str, details: str, *, error: bool = False) -> str:
    return urlencode({"error": int(error), "text": text, "details": details}, quote_via=quote)


def _listing(names: Iterable[str]) -> str:
    return "&".join(f"list[]={quote(name)}" for name in names)


def _answer(body: str) -> Response:
    return Response(body.encode(), content_type="text/plain; charset=utf-8")


def _login_page() -> Response:
    page = LOGIN_PAGE.format(escape("Please enter your username and password"))
    headers = {"X-DirectAdmin": "unauthorized"}
    return Response(page.encode(), content_type="text/html; charset=utf-8", headers=headers)
