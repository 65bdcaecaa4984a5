"""Whether a name is free: what registries say, over HTTP, and what is said when they say nothing."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st

from hospes.catalogue.models import Product, RegistryNotice
from hospes.domains import queries
from hospes.domains.providers import LookupUnavailable
from hospes.domains.providers.rdap import Rdap
from hospes.domains.queries import Availability
from hospes.kernel.outside import payloads
from hospes.kernel.recipients import Recipient
from hospes.sales.domain_names import NoName, is_mixed, registrable, sought
from simulators import DomainRegistry
from tests.support import make
from tests.support.make import TODAY
from tests.support.rights import as_owner

ALL = [".nl", ".com", ".de", ".co.test"]


@pytest.fixture
def registry(settings: Any) -> Iterator[DomainRegistry]:
    with DomainRegistry() as sim:
        settings.HOSPES_RDAP = {"url": sim.url}
        yield sim


def ask(sim: DomainRegistry, name: str = "mooienaam.nl", seconds: float = 2) -> bool:
    return Rdap(url=sim.url).is_registered(name, url="", seconds=seconds)


# --- the registry ---------------------------------------------------------------------------------------------------------


def test_a_registered_name_is_taken_and_another_is_free(registry: DomainRegistry) -> None:
    registry.control.taken("van-iemand.nl")
    assert ask(registry, "van-iemand.nl")
    assert not ask(registry, "van-niemand.nl")
    assert [q["name"] for q in registry.questions()] == ["van-niemand.nl", "van-iemand.nl"]


@pytest.mark.parametrize("how", ["gone", "moved", "other", "nonsense"])
def test_what_is_no_answer_about_this_name_is_no_answer(registry: DomainRegistry, how: str) -> None:
    registry.control.taken("van-iemand.nl")
    registry.control.broken(".nl", how)
    for name in ("van-iemand.nl", "van-niemand.nl"):
        with pytest.raises(LookupUnavailable):
            ask(registry, name)


def test_an_outage_a_limit_and_a_broken_proxy_are_no_answer(registry: DomainRegistry) -> None:
    for trouble in (
        registry.control.outage,
        registry.control.rate_limit,
        lambda: registry.control.outage(html=True),
    ):
        registry.control.calm()
        trouble()
        with pytest.raises(LookupUnavailable):
            ask(registry)
    registry.control.calm()
    assert not ask(registry)


def test_a_slow_registry_is_no_answer_and_holds_nobody_up(registry: DomainRegistry) -> None:
    registry.control.slow(seconds=3)
    begun = time.monotonic()
    with pytest.raises(LookupUnavailable):
        ask(registry, seconds=0.5)
    assert time.monotonic() - begun < 2


def test_nobody_there_is_no_answer() -> None:
    with pytest.raises(LookupUnavailable):
        Rdap(url="http://127.0.0.1:9").is_registered("x.nl", url="", seconds=1)


def test_a_registry_gets_the_name_and_nothing_else(
    registry: DomainRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = []
    real = httpx.stream

    def spy(method: str, url: str, **more: Any) -> Any:
        sent.append((method, url, {k.lower() for k in more.get("headers", {})}, more.get("params")))
        return real(method, url, **more)

    monkeypatch.setattr(httpx, "stream", spy)
    ask(registry)
    assert sent == [("GET", f"{registry.url}/domain/mooienaam.nl", {"accept"}, None)]
    assert payloads[Recipient.REGISTRY, "name.look"] == frozenset({"name"})


# --- several at once ------------------------------------------------------------------------------------------------------


def extension(ending: str, *, is_told: bool = True, **words: Any) -> Product:
    made = make.product(kind="domain", extension=ending, prices={12: 900}, **words)
    names = ("gets", "public_private", "public_business")
    texts = {f"{name}_{language}": "Uw naam." for name in names for language in ("nl", "en")}
    if is_told:
        with as_owner():
            RegistryNotice.objects.create(product=made, version="1", valid_from=TODAY, registry="R", **texts)
    return made


@pytest.mark.django_db
@pytest.mark.database
def test_each_extension_is_told_of_by_itself_and_the_one_that_was_typed_comes_first(
    registry: DomainRegistry,
) -> None:
    cache.clear()
    for ending in (".nl", ".de", ".com", ".be"):
        extension(ending, takes_idn=ending == ".de")
    extension(".eu", is_told=False)  # it is not said what its registry gets: it cannot be ordered
    registry.control.taken("naam.de")
    registry.control.broken(".be", "gone")
    found = queries.search(sought("naam.com", [".nl", ".de", ".com", ".be"]), today=TODAY)
    assert [(each.name, each.availability.value) for each in found] == [
        ("naam.com", "free"), ("naam.nl", "free"), ("naam.de", "taken"), ("naam.be", "unknown"),
    ]  # fmt: skip
    assert [each.can_be_ordered for each in found] == [True, True, False, True]


@pytest.mark.django_db
@pytest.mark.database
def test_they_are_asked_at_the_same_time_and_one_that_is_slow_leaves_the_others_their_answer(
    registry: DomainRegistry,
) -> None:
    cache.clear()
    registry.control.broken(".de", "drip")
    begun = time.monotonic()
    said = queries.availability([(f"snel{n}.nl", "") for n in range(6)] + [("traag.de", "")], seconds=2)
    assert time.monotonic() - begun < 3.5
    assert said["traag.de"] == Availability.UNKNOWN
    assert {said[f"snel{n}.nl"] for n in range(6)} == {Availability.FREE}


@pytest.mark.django_db
@pytest.mark.database
def test_an_answer_is_kept_for_a_while_and_no_answer_is_not(registry: DomainRegistry) -> None:
    cache.clear()
    registry.control.outage(requests=1)
    assert queries.availability([("bewaard.nl", "")])["bewaard.nl"] == Availability.UNKNOWN
    assert queries.availability([("bewaard.nl", "")])["bewaard.nl"] == Availability.FREE
    registry.control.outage()
    assert queries.availability([("bewaard.nl", "")])["bewaard.nl"] == Availability.FREE
    assert len(registry.questions()) == 1


@pytest.mark.django_db
@pytest.mark.database
def test_letters_that_an_extension_does_not_take_are_not_asked_for(registry: DomainRegistry) -> None:
    cache.clear()
    extension(".nl")
    extension(".de", takes_idn=True)
    found = queries.search(sought("münchen", [".nl", ".de"]), today=TODAY)
    assert [(e.shown, e.is_refused) for e in found] == [("münchen.nl", True), ("münchen.de", False)]
    assert [q["name"] for q in registry.questions()] == ["xn--mnchen-3ya.de"]


# --- what people type -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "label", "ending"),
    [
        ("Voorbeeld", "voorbeeld", ""), ("voorbeeld.nl", "voorbeeld", ".nl"), (" https://www.Voorbeeld.NL/pagina ", "voorbeeld", ".nl"),
        ("mooie naam", "mooienaam", ""), ("bakker.co.test", "bakker", ".co.test"), ("münchen.de", "xn--mnchen-3ya", ".de"),
        ("straße", "xn--strae-oqa", ""), ("日本", "xn--wgv71a", ""),
    ],
)  # fmt: skip
def test_names_as_people_type_them(typed: str, label: str, ending: str) -> None:
    found = sought(typed, ALL)
    assert (found.label, found.extension) == (label, ending)


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", ".", "..", ".nl", "-x.nl", "x-.nl", "a", "a_b.nl", "winkel.voorbeeld.nl", "voorbeeld.anders", "<script>", "a" * 64,
        "a" * 5_000, "' OR 1=1 --", "../../etc/passwd", "pаypal", "раypal.de", "ab--cd.nl", "xn--80ak6aa92e.nl\x00", "💩.nl",
        "x\u202ey.nl", "%2e%2e", "localhost:8000", "naam\n.nl\r", "xn--", "user@voorbeeld.nl", "::1",
    ],
)  # fmt: skip
def test_hostile_and_odd_input_gets_a_message_or_a_harmless_name(typed: str) -> None:
    try:
        found = sought(typed, ALL)
    except NoName as why:
        assert str(why)  # noqa: PT017  # either is fine, if it says why
    else:
        assert found.label.isascii()
        assert set(found.label) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


@pytest.mark.parametrize("typed", ["pаypal", "раypal.de", "googlе", "αb"])
def test_letters_of_several_alphabets_are_refused(typed: str) -> None:
    with pytest.raises(NoName):
        sought(typed, ALL)


def test_scripts_that_belong_together_are_not_mixed() -> None:
    assert not is_mixed("日本のカナ")
    assert not is_mixed("über-café")
    assert not is_mixed("пример")
    assert is_mixed("примеr")
    with pytest.raises(NoName):  # the same in ASCII is no way around it
        sought("раypal".encode("idna").decode() + ".de", ALL)


@given(st.text(max_size=80))
def test_any_text_at_all_is_a_name_or_is_told_why_not(text: str) -> None:
    try:
        found = sought(text, ALL)
    except NoName as why:
        assert str(why)  # noqa: PT017  # either is fine, if it says why
    else:
        assert 2 <= len(found.label) <= 63
        assert found.label.isascii()


@pytest.mark.parametrize("typed", ["voorbeeld.com", "a.voorbeeld.nl", "münchen.nl", "nl", "-.nl"])
def test_what_goes_in_the_cart_is_a_name_of_that_extension(typed: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        registrable(typed, extension=".nl", takes_idn=False)
    assert registrable("WWW.Voorbeeld.nl", extension=".nl", takes_idn=False) == "voorbeeld.nl"
