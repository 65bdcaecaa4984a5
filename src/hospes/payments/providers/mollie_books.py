"""
Mollie's balance and settlements, through its own client library.

Payments are listed with the key of the profile. Balance and settlements are the organisation's: they ask for an access token.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from types import SimpleNamespace
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

from django.conf import settings
from mollie.api.client import Client
from mollie.api.error import Error
from mollie.api.objects.list import PaginationList
from mollie.api.resources import SettlementChargebacks, SettlementPayments, SettlementRefunds
from mollie.api.resources.balances import BalanceTransactions

from hospes.kernel import clock
from hospes.payments.providers import Charge, ProviderError, ProviderUnavailable
from hospes.payments.providers.books import Costs, Moved, PaidOut, Part
from hospes.payments.providers.mollie import cents_of, charge_of, moment_of, translated

T = TypeVar("T")

_PAGE: Final = 250
#: By the type of a movement: what it is of, and by which name its context has the reference.
_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "payment": ("payment", "paymentId"), "capture": ("payment", "paymentId"), "failed-payment": ("payment", "paymentId"),
    "refund": ("refund", "refundId"), "returned-refund": ("refund", "refundId"),
    "chargeback": ("chargeback", "chargebackId"), "chargeback-reversal": ("chargeback", "chargebackId"),
    "outgoing-transfer": ("payout", "settlementId"), "canceled-outgoing-transfer": ("payout", "settlementId"),
    "returned-transfer": ("payout", "settlementId"),
}  # fmt: skip
#: Being made up is not yet a settlement.
_STATES: Final[Mapping[str, str]] = {"pending": "pending", "paidout": "paidout", "failed": "failed"}


class MollieBooks:
    """What Mollie keeps of one organisation. Nothing is kept between calls, so an instance may be used by several threads."""

    def __init__(self, *, url: str, key: str, access_token: str, timeout: tuple[int, int] = (3, 20)) -> None:
        """`timeout`: seconds to connect and seconds to wait for an answer."""
        self._url, self._key, self._token, self._timeout = url, key, access_token, timeout

    def movements(self, *, since: datetime) -> Iterator[Sequence[Moved]]:
        """See ProviderBooks. Ends with the first page of which nothing is new enough: something may be out of order."""
        with self._asking(self._token) as client:
            if self._key.startswith("test_"):
                client.set_testmode(True)
            balance = BalanceTransactions(client, SimpleNamespace(id="primary"))  # type: ignore[arg-type]  # it asks for the id only
            yield from _pages(balance, _moved, lambda each: each.at >= since)

    def charges(self, *, since: datetime) -> Iterator[Sequence[Charge]]:
        """See ProviderBooks."""
        with self._asking(self._key) as client:
            for page in _pages(client.payments, _with_moment, lambda each: each[0] >= since):
                yield [charge for _at, charge in page]

    def paid_out(self, *, since: datetime) -> Iterator[Sequence[PaidOut]]:
        """See ProviderBooks. What is still being made up is left out."""
        with self._asking(self._token) as client:
            for page in _pages(
                client.settlements, _paid_out, lambda each: each is None or each.made_at >= since
            ):
                yield [each for each in page if each is not None]

    def parts(self, reference: str) -> Sequence[Part]:
        """See ProviderBooks."""
        found: list[Part] = []
        with self._asking(self._token) as client:
            client.settlements.validate_resource_id(reference)
            of = SimpleNamespace(id=reference)
            for kind, lines in (
                ("payment", SettlementPayments(client, of)), ("refund", SettlementRefunds(client, of)),  # type: ignore[arg-type]
                ("chargeback", SettlementChargebacks(client, of)),  # type: ignore[arg-type]
            ):  # fmt: skip
                for page in _pages(lines, _amount_of_line, lambda _each: True):
                    found += [Part(kind, about, cents) for about, cents in page]
        return found

    @contextmanager
    def _asking(self, key: str) -> Iterator[Client]:
        """A client for one conversation; the library's errors and odd answers come out as ours."""
        client = Client(api_endpoint=self._url, timeout=self._timeout, retry=0)
        try:
            if key.startswith("access_"):
                client.set_access_token(key)
            else:
                client.set_api_key(key)
            yield client
        except ProviderError:
            raise
        # "from None": what the library could not read it repeats in full, and this may end up in the log.
        except Error as error:
            wrong = translated(error)
            # Another answer is possible tomorrow: a day is looked at until it was looked at.
            raise ProviderUnavailable(str(wrong), code=wrong.code) from None
        except (AttributeError, KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise ProviderUnavailable(f"Mollie's answer is not understood: {type(error).__name__}") from None
        finally:
            if session := getattr(client, "_client", None):  # the library never closes its connections
                session.close()


def from_settings() -> MollieBooks:
    """Mollie as the settings say: address, key of the profile, and access token of the organisation."""
    said = settings.HOSPES_MOLLIE
    return MollieBooks(url=said["url"], key=said["key"], access_token=said.get("access_token", ""))


def _pages(
    resource: Any, read: Callable[[Mapping[str, Any]], T], is_new: Callable[[T], bool]
) -> Iterator[list[T]]:
    """Pages of a list, each without what is too old; ends with the first page of which everything is."""
    page = resource.list(limit=_PAGE)
    while page is not None:
        found = [each for each in map(read, page) if is_new(each)]
        if not found and page.count:
            return
        yield found
        page = _following(resource, page)


def _following(resource: Any, page: Any) -> Any:
    """The page after one, or None. The library's own way to it fails in test mode: it adds to the parameters, and gives none."""
    link = (page.get("_links") or {}).get("next")
    if not link:
        return None
    address, _, query = str(link["href"]).partition("?")
    said = resource.perform_api_call(resource.REST_READ, address, params=dict(parse_qsl(query)))
    return PaginationList(said, resource, resource.client)


def _moved(said: Mapping[str, Any]) -> Moved:
    kind, name = _KINDS.get(said["type"], ("other", ""))
    about = (said.get("context") or {}).get(name) or ""
    return Moved(
        reference=str(said["id"]), kind=kind if about else "other", about=str(about or said["id"]),
        cents=cents_of(said["initialAmount"]), at=moment_of(said["createdAt"]),
    )  # fmt: skip


def _with_moment(said: Mapping[str, Any]) -> tuple[datetime, Charge]:
    return moment_of(said["createdAt"]), charge_of(said)


def _amount_of_line(said: Mapping[str, Any]) -> tuple[str, int]:
    return str(said["id"]), cents_of(said["settlementAmount"])


def _paid_out(said: Mapping[str, Any]) -> PaidOut | None:
    if said["status"] not in _STATES:
        return None
    settled_at = said.get("settledAt")
    return PaidOut(
        reference=str(said["id"]), number=str(said.get("reference") or ""), state=_STATES[said["status"]],
        cents=cents_of(said["amount"]), made_at=moment_of(said["createdAt"]),
        settled_on=clock.day_of(moment_of(settled_at)) if settled_at else None, costs=costs_of(said.get("periods") or {}),
    )  # fmt: skip


def costs_of(periods: Mapping[str, Any]) -> tuple[Costs, ...]:
    """
    The costs by month. Mollie counts in parts of cents and pays out whole ones, so the whole is rounded and not each line.

    What that leaves is in the last month: the sums are those of the settlement, with VAT to the nearest cent.
    """
    exact: dict[date, tuple[Decimal, Decimal]] = {}
    for year, months in periods.items():
        for month, what in months.items():
            costs = what.get("costs") or []
            net, vat = (
                sum((_cents(each.get(name)) for each in costs), Decimal(0))
                for name in ("amountNet", "amountVat")
            )
            if net or vat:
                exact[date(int(year), int(month), 1)] = (net, vat)
    found, gross_left = [], _whole(sum((net + vat for net, vat in exact.values()), Decimal(0)))
    vat_left = _whole(sum((vat for _net, vat in exact.values()), Decimal(0)))
    for place, (month, (net, vat)) in enumerate(sorted(exact.items()), start=1):
        gross, tax = (gross_left, vat_left) if place == len(exact) else (_whole(net + vat), _whole(vat))
        gross_left, vat_left = gross_left - gross, vat_left - tax
        found.append(Costs(month, gross - tax, tax))
    return tuple(found)


def _cents(amount: Mapping[str, str] | None) -> Decimal:
    """An amount of costs in cents, with the parts that it may have; Mollie leaves out the VAT where there is none."""
    if not amount:
        return Decimal(0)
    if amount["currency"] != "EUR":
        raise ValueError(f"not an amount in euros: {amount['currency']}")
    return Decimal(amount["value"]).scaleb(2)


def _whole(cents: Decimal) -> int:
    return int(cents.quantize(Decimal(1), ROUND_HALF_UP))
