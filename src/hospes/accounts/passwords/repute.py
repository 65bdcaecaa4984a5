"""
What this process has heard of networks: which failed lately, which was sent away and with which address, and which are good.

Kept in memory by blinded keys, for minutes; nothing of it locks anybody out. It only says who goes first when places are scarce.
That somebody logged in from a network stands in the database too (`tries.vouch`), for thirty days: it is good as long as hardly
anything fails there. A network here is what one party has: see `limits.party_of`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from hospes.accounts.passwords.lanes import Lane

#: How long it is remembered what a network did.
REMEMBERED: Final = timedelta(minutes=10)
#: Who comes back sooner than this did not wait, and has no more merit.
APART: Final = timedelta(seconds=0.5)
#: With so many failures in that time a network is good no longer; one who mistypes is forgiven by the colleagues.
FAILURES_OF_GOOD: Final = 3
#: Who failed and comes back so often for each failure is no longer the rest: else a throng could keep out who mistyped.
RETURNS_OF_FAILED: Final = 3
_MOST: Final = 50_000


@dataclass
class Heard:
    """
    What was heard of one network; `until` when all of it is forgotten, `is_good` None as long as nobody looked it up.

    `returns`: how often somebody came back with the same address after being sent away, seconds apart.
    """

    until: datetime
    failures: int = 0
    is_good: bool | None = None
    sent_away_for: str | None = None
    sent_away_at: datetime | None = None
    returns: int = 0
    false_claims: int = 0


class Repute:
    """What is known of networks, by their keys."""

    def __init__(self) -> None:
        self._heard: dict[str, Heard] = {}
        self._lock = Lock()

    def lane(self, network: str, account: str, *, now: datetime) -> Lane:
        """Where somebody stands who comes from a network and asks for an account (their keys)."""
        heard = self._of(network, now)
        if heard is None:
            return Lane.FRESH
        if heard.is_good and heard.failures < FAILURES_OF_GOOD:
            return Lane.GOOD
        if heard.sent_away_for is None:
            return Lane.REST if heard.failures else Lane.FRESH
        is_back = heard.sent_away_for == account and heard.returns >= heard.failures * RETURNS_OF_FAILED
        return Lane.BACK if is_back else Lane.REST

    def look_up(self, network: str, is_good: Callable[[], bool], *, now: datetime) -> None:
        """Ask whether a network is good, if nobody did yet."""
        heard = self._of(network, now)
        if heard is None or heard.is_good is None:
            found = is_good()
            self._change(network, now).is_good = found

    def claims_falsely(self, network: str, *, now: datetime) -> bool:
        """Whether somebody from a network came as a known device that they were not."""
        heard = self._of(network, now)
        return heard is not None and heard.false_claims > 0

    def sent_away(self, network: str, account: str, *, now: datetime) -> None:
        """There was no place for who asked for an account."""
        heard = self._change(network, now)
        if heard.sent_away_for != account:
            heard.sent_away_for, heard.sent_away_at, heard.returns = account, now, 0
        elif heard.sent_away_at is None or now - heard.sent_away_at >= APART:
            heard.sent_away_at, heard.returns = now, heard.returns + 1

    def found_a_place(self, network: str, *, now: datetime) -> None:
        """Somebody was looked at: what coming back had earned is spent."""
        heard = self._of(network, now)
        if heard is not None and not heard.failures:
            heard.returns = 0

    def merit(self, network: str, *, now: datetime) -> int:
        """How often somebody from a network came back as told."""
        heard = self._of(network, now)
        return 0 if heard is None else heard.returns

    def failed(self, network: str, *, now: datetime) -> None:
        """A password was wrong."""
        heard = self._change(network, now)
        heard.failures, heard.returns = heard.failures + 1, 0

    def claimed_falsely(self, network: str, *, now: datetime) -> None:
        """Somebody came as a known device that they were not."""
        self._change(network, now).false_claims += 1

    def succeeded(self, network: str, *, now: datetime) -> bool:
        """A password was right; whether that makes the network a good one, which it was not as far as we knew."""
        heard = self._change(network, now)
        was_good, heard.is_good, heard.sent_away_for = heard.is_good, True, None
        return not was_good

    def forget(self) -> None:
        """Know nothing any more."""
        with self._lock:
            self._heard.clear()

    def _of(self, network: str, now: datetime) -> Heard | None:
        heard = self._heard.get(network)
        return heard if heard is not None and heard.until > now else None

    def _change(self, network: str, now: datetime) -> Heard:
        with self._lock:
            heard = self._of(network, now)
            if heard is None:
                if len(self._heard) >= _MOST:
                    self._heard = {key: one for key, one in self._heard.items() if one.until > now}
                if len(self._heard) >= _MOST:
                    self._heard.clear()
                heard = self._heard[network] = Heard(now + REMEMBERED)
            return heard


#: Of this process.
repute = Repute()
