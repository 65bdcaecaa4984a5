"""Asking Stripe: forms with brackets go out, JSON comes back; its errors and odd answers come out as ours."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import httpx

from hospes.payments.providers import ProviderRefused, ProviderUnavailable, UnknownCharge

#: The edition of the API that requests and answers are written for, whatever the account has as its own.
VERSION: Final = "2026-10-28.endive"

_KEY = re.compile(r"(sk|rk)_(test|live)_[A-Za-z0-9]{4,250}")

#: Another try may be answered otherwise: a key in use just now, too many requests, our own API key not right (yet).
_PASSING = frozenset({401, 403, 408, 409, 425, 429})


class Declined(ProviderRefused):
    """A bank did not do what was asked; `intent` is what Stripe calls the attempt, "" where it does not say."""

    def __init__(self, said: str, intent: str) -> None:
        super().__init__(said, code=402)
        self.intent = intent


class Stumbled(ProviderUnavailable):
    """Stripe went wrong at this idempotency key before, and says so again for a day, whatever came of it."""


def is_key(text: str) -> bool:
    """Whether a text can be a secret or restricted key of Stripe's."""
    return _KEY.fullmatch(text) is not None


class Wire:
    """One account's way to Stripe. A connection is made for each request, so it may be used by several threads."""

    def __init__(self, *, url: str, key: str, timeout: tuple[float, float]) -> None:
        self._url, self._key = url.rstrip("/"), key
        connect, wait = timeout
        self._timeout = httpx.Timeout(wait, connect=connect)

    def get(self, path: str, **asked: Any) -> dict[str, Any]:
        """What Stripe says; raises a ProviderError."""
        return _object(self._ask("GET", path, params=list(flat(asked))))

    def post(self, path: str, payload: Mapping[str, Any], *, key: str = "") -> tuple[dict[str, Any], bool]:
        """What Stripe says, and whether that is what it said to this idempotency key before."""
        headers = {"Idempotency-Key": key} if key else {}
        answer = self._ask("POST", path, data=_pairs(flat(payload)), headers=headers)
        return _object(answer), _is_repeated(answer)

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        if not is_key(self._key):
            raise ProviderUnavailable("Stripe's key is not a key.")
        headers = {
            "Authorization": f"Bearer {self._key}",
            "Stripe-Version": VERSION,
            **more.pop("headers", {}),
        }
        try:
            with httpx.Client(timeout=self._timeout, trust_env=False) as client:
                answer = client.request(method, f"{self._url}/v1/{path}", headers=headers, **more)
        # "from None": the library's errors carry the request, with the key in it.
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderUnavailable(f"Stripe cannot be reached: {type(error).__name__}") from None
        if not answer.is_success:
            raise _error(answer)
        return answer


def flat(asked: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Fields as Stripe wants them: {"a": {"b": [1, True]}} is a[b][0]=1 and a[b][1]=true."""
    for name, value in asked.items():
        path = f"{prefix}[{name}]" if prefix else name
        if isinstance(value, Mapping):
            yield from flat(value, path)
        elif isinstance(value, list | tuple):
            yield from flat({str(index): each for index, each in enumerate(value)}, path)
        else:
            yield path, str(value).lower() if isinstance(value, bool) else str(value)


def _pairs(fields: Iterator[tuple[str, str]]) -> dict[str, str]:
    return dict(fields)


@contextmanager
def understood() -> Iterator[None]:
    """Within it, an answer that is not as the API says is no answer."""
    try:
        yield
    # "from None": what cannot be read is in the error in full, and this may end up in the log.
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise ProviderUnavailable(f"Stripe's answer is not understood: {type(error).__name__}") from None


def _is_repeated(answer: httpx.Response) -> bool:
    return bool(answer.headers.get("Idempotent-Replayed") == "true")


def _object(answer: httpx.Response) -> dict[str, Any]:
    with understood():
        said = answer.json()
        if not isinstance(said, dict):
            raise TypeError
        return said


def _error(answer: httpx.Response) -> Exception:
    """What an answer that is no success amounts to. Only of a refusal the reason is passed on: it is for whoever asked."""
    status, error = answer.status_code, _said(answer)
    if status >= 500 and _is_repeated(answer):
        return Stumbled(f"Stripe answered {status} before", code=status)
    if not 400 <= status < 500 or status in _PASSING:
        return ProviderUnavailable(f"Stripe answered {status}", code=status)
    message = str(error.get("message") or error.get("code") or f"Stripe answered {status}")
    if status == 404:
        return UnknownCharge(message, code=status)
    if status == 402:
        intent = error.get("payment_intent")
        return Declined(message, str(intent.get("id", "")) if isinstance(intent, dict) else "")
    return ProviderRefused(message, code=status)


def _said(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    error = said.get("error") if isinstance(said, dict) else None
    return error if isinstance(error, dict) else {}
