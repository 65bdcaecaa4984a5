"""The simulated outside world, as a test steers it and looks at it: over its own HTTP, like everybody else."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import parse_qs

import httpx

_KEY = {"Authorization": "Bearer test_demo0000000000000000000000"}
_PANEL = ("admin", "demo-login-key")


class Simulator:
    """One simulator at an address."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url.rstrip("/"), timeout=30, trust_env=False)

    def control(self, verb: str, **arguments: Any) -> Any:
        """Call a verb of the control API."""
        answer = self.http.post(f"/control/{verb}", json=arguments)
        assert answer.is_success, f"{verb}({arguments}): {answer.text[:300]}"
        return answer.json()

    def calm(self) -> None:
        """Let everything work again."""
        self.control("calm")


class Provider(Simulator):
    """The payment provider."""

    def payments(self) -> list[dict[str, Any]]:
        """All payments that it knows, the oldest first."""
        found: list[dict[str, Any]] = []
        url = "/v2/payments?limit=250"
        while url:
            page = self.http.get(url, headers=_KEY).raise_for_status().json()
            found += page["_embedded"]["payments"]
            url = ((page["_links"].get("next") or {}).get("href") or "").removeprefix(
                str(self.http.base_url).rstrip("/")
            )
        return found[::-1]

    def of_order(self, order: str) -> list[dict[str, Any]]:
        """The payments that were asked for an order, by its number."""
        return [
            p
            for p in self.payments()
            if str((p.get("metadata") or {}).get("order", "")).startswith(f"{order}-")
        ]

    def settle(self, reference: str, outcome: str = "paid", method: str = "ideal") -> bool:
        """What the payer does; False when the payment was over already."""
        body = {"payment": reference, "outcome": outcome, "method": method}
        return self.http.post("/control/settle", json=body).is_success


class Panel(Simulator):
    """The hosting panel."""

    def accounts(self) -> dict[str, str]:
        """The accounts: user name and domain."""
        listed = self._ask("CMD_API_SHOW_USERS").get("list[]", [])
        return {name: self._ask("CMD_API_SHOW_USER_CONFIG", user=name)["domain"][0] for name in listed}

    def has(self, domain: str) -> bool:
        """Whether there is an account for a domain; looked up past the weather, which strikes the API only."""
        return domain in self.http.get("/").raise_for_status().text

    def _ask(self, command: str, **query: str) -> dict[str, list[str]]:
        return parse_qs(self.http.get(f"/{command}", params=query, auth=_PANEL).raise_for_status().text)


@dataclass(frozen=True)
class Mail:
    """A mail that arrived."""

    to: str
    subject: str
    message_id: str
    files: tuple[tuple[str, str], ...]  # name and SHA-256 of each attachment


class Post(Simulator):
    """The mail catcher."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._read: dict[int, Mail] = {}  # a mail never changes

    def mails(self, to: str = "") -> list[Mail]:
        """The mails that arrived, the oldest first; repeated ones as often as they came."""
        listed = self.http.get("/messages.json", params={"to": to}).raise_for_status().json()
        for entry in listed:
            if entry["id"] not in self._read:
                self._read[entry["id"]] = _mail(
                    self.http.get(f"/messages/{entry['id']}.eml").content, entry["to"][0]
                )
        return [self._read[entry["id"]] for entry in reversed(listed)]

    def copies(self, to: str = "") -> Counter[str]:
        """How often each Message-ID arrived."""
        return Counter(mail.message_id for mail in self.mails(to))


def _mail(raw: bytes, to: str) -> Mail:
    message = message_from_bytes(raw, policy=policy.default)
    files = tuple(
        (part.get_filename() or "", hashlib.sha256(part.get_content()).hexdigest())
        for part in message.iter_attachments()
    )
    return Mail(to, str(message["Subject"]), str(message["Message-ID"]).strip(), files)
