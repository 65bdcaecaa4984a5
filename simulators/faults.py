"""The bad weather that every HTTP simulator knows: outage, rate limit, slow answers, lost connections."""

from dataclasses import asdict, dataclass, replace

from simulators.store import Store

UNTIL_OFF = -1
"""A number of requests that never runs out."""


@dataclass(frozen=True)
class Weather:
    """
    What goes wrong now; a count is the number of API requests still to be hit (0 none, -1 until calm).

    outage: 503 (as JSON, or with outage_html as the page of a broken proxy). limited: 429 with Retry-After.
    slow: answered slow_seconds late, after the work was done. dropped: the connection is closed without an
    answer, after the work was done or, with dropped_before, instead of doing it; a GET does not count.
    """

    outage: int = 0
    outage_html: bool = False
    limited: int = 0
    retry_after: int = 1
    slow: int = 0
    slow_seconds: float = 0.0
    dropped: int = 0
    dropped_before: bool = False


@dataclass(frozen=True)
class Fate:
    """What the weather does to one request."""

    outage: bool = False
    limited: bool = False
    slow_seconds: float = 0.0
    drop: bool = False


class Faults:
    """The weather of one simulator, kept in its store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def weather(self) -> Weather:
        """The weather now."""
        return Weather(**self._store.setting("weather", {}))

    def change(self, **changes: int | float | bool) -> Weather:
        """Change some of the weather and return all of it."""
        with self._store.transaction():
            weather = replace(self.weather, **changes)  # type: ignore[arg-type]
            self._store.keep_setting("weather", asdict(weather))
        return weather

    def calm(self) -> Weather:
        """Let everything work again."""
        self._store.keep_setting("weather", {})
        return Weather()

    def strike(self, *, changing: bool) -> Fate:
        """Say what happens to the next request and count it off."""
        with self._store.transaction():
            weather = self.weather
            if weather == Weather():
                return Fate()
            if weather.outage:
                self.change(outage=_less(weather.outage))
                return Fate(outage=True)
            if weather.limited:
                self.change(limited=_less(weather.limited))
                return Fate(limited=True)
            drop = changing and weather.dropped != 0
            self.change(slow=_less(weather.slow), dropped=_less(weather.dropped) if drop else weather.dropped)
            return Fate(slow_seconds=weather.slow_seconds if weather.slow else 0.0, drop=drop)


def _less(count: int) -> int:
    return count - 1 if count > 0 else count
