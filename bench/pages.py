"""`hospes bench pages`: server time of the pages that are asked for most, and how many statements they need."""

from collections.abc import Callable
from random import Random
from secrets import token_hex

from django.test import Client

from bench import dataset
from bench.faces import get, logged_in, office_face, queries, timed
from bench.report import Measure
from hospes.accounts import services as accounts
from hospes.accounts.models import StaffMember
from hospes.accounts.staff import services as staff
from hospes.kernel import clock
from hospes.kernel.acting import SYSTEM, acting
from hospes.kernel.purposes import Purpose

P95 = 100.0  # milliseconds
ASKED = 200
SMALL = 77_777  # a customer with ten invoices


def run() -> list[Measure]:
    """Measure each page for many different customers, after a few to warm up."""
    random = Random(11)  # the same customers each time
    measures = []
    for name, path in (("dashboard", ""), ("invoice list", "facturen/")):
        people = [random.randrange(2, dataset.CUSTOMERS) for _ in range(ASKED)]
        asked = [(logged_in(pk), f"/k/{10000 + pk}/{path}") for pk in people]
        measures.append(_p95(f"{name}, p95", [lambda c=client, u=url: get(c, u) for client, url in asked]))
        measures.append(
            _same(f"{name}, statements", _statements(SMALL, path), _statements(dataset.HEAVY, path))
        )
    with office_face():
        measures += _search(random)
    return measures


def _p95(name: str, asks: list[Callable[[], None]]) -> Measure:
    for ask in asks[:10]:
        ask()
    times = sorted(timed(ask) * 1000 for ask in asks)
    value = times[int(len(times) * 0.95) - 1]
    return Measure(name, value, "ms", None, None, f"below {P95:.0f} ms", value < P95)


def _same(name: str, small: int, large: int) -> Measure:
    return Measure(
        name,
        large,
        "statements",
        small,
        large / small,
        "as many for a hundred times the rows",
        small == large,
    )


def _statements(person_id: int, path: str) -> int:
    client = logged_in(person_id)
    return queries(lambda: get(client, f"/k/{10000 + person_id}/{path}"))


def _search(random: Random) -> list[Measure]:
    """Whatever staff type: numbers, beginnings and parts of names, addresses; for a role that may search by most of it."""
    client = _staff()
    measures = []
    some = [random.randrange(2, dataset.CUSTOMERS) for _ in range(ASKED)]
    typed = {
        "customer number": [str(10000 + pk) for pk in some],
        "name": [f"berkenhof{pk}" for pk in some],
        "part of a name": ["duinveld" for _ in some[:60]],
        "e-mail address": [f"person-{pk}@mail.example" for pk in some],
        "invoice number": [f"F{2017 + pk * 10 % 10}-{pk * 10:07d}" for pk in some],
        "nothing that is there": [f"zz{pk}qq" for pk in some],
    }
    for what, words in typed.items():
        measures.append(
            _p95(
                f"office search by {what}, p95",
                [lambda w=word: get(client, f"/zoeken/?q={w}") for word in words],
            )
        )
    few = queries(lambda: get(client, "/zoeken/?q=berkenhof77777"))
    many = queries(lambda: get(client, "/zoeken/?q=duinveld"))
    measures.append(_same("office search, statements", few, many))
    return measures


def _staff() -> Client:
    """A billing clerk with a second step, new for this run."""
    now, mark = clock.now(), token_hex(4)
    with acting(Purpose.ACCESS, actor=SYSTEM):
        clerk = staff.hire(email=f"staff-{mark}@mail.example", password=None, given_name="Bench", family_name=mark,
                           roles=[StaffMember.Role.BILLING_CLERK], now=now)  # fmt: skip
        accounts.preset_second_step(person_id=clerk.pk, secret="JBSWY3DPEHPK3PXP", now=now)  # noqa: S106  # nobody logs in by it
    return logged_in(clerk.pk)
