"""
DirectAdmin's classic API: forms in, urlencoded answers out, HTTP Basic with a login key.

Its oddities, each met here: who is not let in gets an HTML page with status 200; "suspend" turns the state
over, whatever it was; a deletion may report an error and have worked.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs

import httpx
from django.conf import settings

from hospes.hosting.providers import (
    HostingError,
    NotAuthenticated,
    PanelRefused,
    PanelUnavailable,
    State,
    Taken,
)
from hospes.kernel.outside import checked, declare_payload
from hospes.kernel.recipients import Recipient

# The contact address is the operator's own: the panel's notices are for whoever runs it.
declare_payload(
    Recipient.HOSTING_PANEL, "account.create",
    "action", "add", "username", "domain", "package", "passwd", "passwd2", "email", "ip", "notify",
)  # fmt: skip
declare_payload(Recipient.HOSTING_PANEL, "account.look", "user")
declare_payload(Recipient.HOSTING_PANEL, "account.switch", "location", "suspend", "select0")
declare_payload(Recipient.HOSTING_PANEL, "account.package", "action", "user", "package")
#: The limits and switches of an account, all of which a change of some has to repeat: what is left out is taken away.
_LIMITS: Final = ("bandwidth", "quota", "inode", "vdomains", "nsubdomains", "nemails", "nemailf", "nemailml", "nemailr", "mysql",
                  "domainptr", "ftp")  # fmt: skip
_SWITCHES: Final = ("aftp", "cgi", "php", "spam", "cron", "catchall", "ssl", "ssh", "sysinfo", "dnscontrol", "suspend_at_limit",
                    "login_keys", "git", "wordpress", "redis", "clamav")  # fmt: skip
declare_payload(
    Recipient.HOSTING_PANEL, "account.limits",
    "action", "user", *_LIMITS, *(f"u{limit}" for limit in _LIMITS), *_SWITCHES,
)  # fmt: skip
declare_payload(Recipient.HOSTING_PANEL, "account.remove", "confirmed", "delete", "select0")

Answer = Mapping[str, list[str]]

_NAME_REFUSED = re.compile(r"user ?name\b.*\b(exists|reserved|not allowed)", re.IGNORECASE)


class DirectAdmin:
    """One server. Nothing is kept between calls: several threads may use an instance."""

    def __init__(self, *, url: str, user: str, key: str, ip: str = "", seconds: float = 30) -> None:
        """
        `ip`: which of the server's addresses new accounts get, the first if none is given; `seconds`: how long to
        wait for an answer.
        """
        self._url, self._auth, self._ip = url.rstrip("/"), httpx.BasicAuth(user, key), ip
        self._timeout = httpx.Timeout(seconds, connect=5)

    def ensure_account(
        self, username: str, domain: str, package: str, password: str, contact_email: str
    ) -> None:
        """See HostingProvider."""
        if self._is_there(username, domain):
            return
        payload = checked(Recipient.HOSTING_PANEL, "account.create", {
            "action": "create", "add": "Submit", "username": username, "domain": domain, "package": package,
            "passwd": password, "passwd2": password, "email": contact_email, "ip": self._address(),
            "notify": "no",
        })  # fmt: skip
        try:
            self._post("CMD_API_ACCOUNT_USER", payload)
        except PanelRefused as refused:
            if self._is_there(username, domain):  # another try of the same was faster
                return
            if _NAME_REFUSED.search(str(refused)):  # a name of the system's own, such as root
                raise Taken(str(refused)) from None
            raise

    def change_package(self, username: str, package: str) -> None:
        """See HostingProvider."""
        config = self._config(username)
        if config is None:
            raise PanelRefused(f"The panel has no account {username}.")
        if _one(config, "package") == package:
            return
        payload = checked(Recipient.HOSTING_PANEL, "account.package", {
            "action": "package", "user": username, "package": package,
        })  # fmt: skip
        self._post("CMD_API_MODIFY_USER", payload)

    def set_limits(self, username: str, *, disk_mb: int, mailboxes: int) -> None:
        """See HostingProvider. The panel calls the package of such an account "custom"."""
        config = self._config(username)
        if config is None:
            raise PanelRefused(f"The panel has no account {username}.")
        wanted = {"quota": str(disk_mb), "nemails": str(mailboxes)}
        if all(_one(config, name) == value for name, value in wanted.items()):
            return
        held = {name: wanted.get(name, _one(config, name)) for name in _LIMITS}
        limits = {f"u{name}" if value == "unlimited" else name: "ON" if value == "unlimited" else value
                  for name, value in held.items() if value}  # fmt: skip
        switches = {name: "ON" for name in _SWITCHES if _one(config, name) == "ON"}
        payload = checked(Recipient.HOSTING_PANEL, "account.limits", {
            "action": "customize", "user": username, **limits, **switches,
        })  # fmt: skip
        self._post("CMD_API_MODIFY_USER", payload)

    def suspend(self, username: str) -> None:
        """See HostingProvider."""
        self._switch(username, to="suspended")

    def unsuspend(self, username: str) -> None:
        """See HostingProvider."""
        self._switch(username, to="active")

    def remove(self, username: str, *, domain: str = "") -> None:
        """See HostingProvider."""
        if not self._is_listed(username) or (domain and not self._is_for(username, domain)):
            return
        payload = checked(Recipient.HOSTING_PANEL, "account.remove", {
            "confirmed": "Confirm", "delete": "yes", "select0": username,
        })  # fmt: skip
        try:
            self._post("CMD_API_SELECT_USERS", payload)
        except PanelRefused:
            if self._is_listed(username):
                raise
        else:
            if self._is_listed(username):
                raise PanelRefused(f"The panel says that {username} was deleted, but it is still there.")

    def state(self, username: str) -> State:
        """See HostingProvider."""
        config = self._config(username)
        if config is None:
            return "absent"
        return "suspended" if _one(config, "suspended") == "yes" else "active"

    def _switch(self, username: str, *, to: State) -> None:
        there = self.state(username)
        if there == to:
            return
        if there == "absent":
            raise PanelRefused(f"The panel has no account {username}.")
        payload = checked(Recipient.HOSTING_PANEL, "account.switch", {
            "location": "CMD_SELECT_USERS", "select0": username,
            "suspend": "Suspend" if to == "suspended" else "Unsuspend",
        })  # fmt: skip
        self._post("CMD_API_SELECT_USERS", payload)
        if self.state(username) != to:  # somebody else switched at the same moment
            raise PanelUnavailable(f"The panel did not make {username} {to}.")

    def _is_there(self, username: str, domain: str) -> bool:
        """Whether the account exists, for this domain; raises Taken when it is for another."""
        config = self._config(username)
        if config is None:
            return False
        if _one(config, "domain").lower() != domain.lower():
            raise Taken(f"The user name {username} belongs to another account.")
        return True

    def _is_for(self, username: str, domain: str) -> bool:
        """Whether the account exists, and is for this domain."""
        try:
            return self._is_there(username, domain)
        except Taken:
            return False

    def _config(self, username: str) -> Answer | None:
        """What the panel knows of an account, or None when there is none of this name."""
        query = checked(Recipient.HOSTING_PANEL, "account.look", {"user": username})
        try:
            config = self._get("CMD_API_SHOW_USER_CONFIG", query)
        except PanelRefused:
            config = {}
        if _one(config, "username") == username:
            return config
        if self._is_listed(username):
            raise PanelUnavailable(f"The panel lists {username}, but says nothing of it.")
        return None

    def _address(self) -> str:
        """The address for new accounts; "shared" where our login key may not ask for the list."""
        if self._ip:
            return self._ip
        try:
            return self._get("CMD_API_SHOW_RESELLER_IPS", {}).get("list[]", ["shared"])[0]
        except PanelRefused:
            return "shared"

    def _is_listed(self, username: str) -> bool:
        return username in self._get("CMD_API_SHOW_USERS", {}).get("list[]", [])

    def _get(self, command: str, query: Mapping[str, Any]) -> Answer:
        return self._ask("GET", command, params=query)

    def _post(self, command: str, form: Mapping[str, Any]) -> Answer:
        return self._ask("POST", command, data=form)

    def _ask(self, method: str, command: str, **fields: Mapping[str, Any]) -> Answer:
        """Send a command and read the answer; what goes wrong comes out as a HostingError."""
        try:
            with httpx.Client(auth=self._auth, timeout=self._timeout, trust_env=False) as client:
                response = client.request(method, f"{self._url}/{command}", **fields)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            # "from None": the library's errors carry the request, password included.
            raise PanelUnavailable(f"The panel cannot be reached: {type(error).__name__}") from None
        return _read(response)


def from_settings() -> DirectAdmin:
    """DirectAdmin as the settings say: address, user and login key."""
    panel = settings.HOSPES_PANEL
    return DirectAdmin(url=panel["url"], user=panel["user"], key=panel["key"], ip=panel.get("ip", ""))


def _read(response: httpx.Response) -> Answer:
    """The fields of an answer; raises the HostingError that it amounts to."""
    if response.status_code >= 500 or response.status_code in (408, 429):
        raise PanelUnavailable(f"The panel answered {response.status_code}.", code=response.status_code)
    is_page = "html" in response.headers.get("Content-Type", "") or response.text.lstrip().startswith("<")
    if is_page or response.status_code in (301, 302, 303, 307, 308, 401, 403):
        raise NotAuthenticated("The panel does not let us in: check the user and its login key.")
    if response.status_code == 404:
        raise PanelRefused("The panel does not know this command.")
    if response.status_code != 200:
        raise PanelUnavailable(f"The panel answered {response.status_code}.", code=response.status_code)
    answer = parse_qs(response.text, keep_blank_values=True)
    if _one(answer, "error") not in ("", "0"):
        raise _refusal(answer)
    return answer


def _refusal(answer: Answer) -> HostingError:
    said = f"{_one(answer, 'text')}: {_one(answer, 'details')}"
    return PanelRefused(" ".join(re.sub(r"<[^>]*>", " ", said).split()))  # details may be HTML


def _one(answer: Answer, name: str) -> str:
    return answer.get(name, [""])[0]
