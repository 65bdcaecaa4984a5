"""From "text this" to the gateway: once asked for, once sent, whatever happens in between; and never kept."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction

from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.messaging import jobs, sweeps, texting, texts
from hospes.messaging.models import TextMessage
from hospes.messaging.providers import GatewayUnavailable
from hospes.messaging.recipients import NobodyToReach
from hospes.messaging.rendering import UnknownKind
from hospes.messaging.texts import Text
from tests.messaging.providers.worlds import RestWorld
from tests.simulators.merchant import until
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

NUMBER = "+31612345678"
LATER = NOW + timedelta(minutes=1)
let_go: list[int] = []


def note(message: TextMessage, now: datetime) -> Text:
    if message.about_id == 0:
        raise NobodyToReach("it has run out")
    return Text(NUMBER, f"About {message.about_id}")


@pytest.fixture(autouse=True)
def _kinds() -> Iterator[None]:
    before = dict(texts._kinds)
    texts.register("test.text", note, taken=lambda message: let_go.append(message.pk))
    let_go.clear()
    yield
    texts._kinds.clear()
    texts._kinds.update(before)


def enqueue(key: str = "test:1", about_id: int = 7) -> TextMessage:
    with acting(Purpose.SECURITY, actor=JOB):
        texting.enqueue("test.text", key=key, person_id=make.person().pk, about_id=about_id, now=NOW)
    with as_owner():
        return TextMessage.objects.get(key=key)


def deliver(message: TextMessage, world: RestWorld, now: Any = LATER) -> TextMessage:
    texting.deliver(text_id=message.pk, gateway=world.gateway, now=now)
    return again(message)


def again(message: TextMessage) -> TextMessage:
    with as_owner():
        return TextMessage.objects.get(pk=message.pk)


def test_a_text_is_a_row_and_a_job_with_its_id() -> None:
    message = enqueue()
    assert (message.kind, message.about_id, message.state, message.number) == ("test.text", 7, "waiting", "")
    enqueue()
    with as_owner(), connections["default"].cursor() as cursor:
        cursor.execute("SELECT task_name, args::text, lock FROM procrastinate_jobs")
        assert cursor.fetchall() == [
            ("messaging.jobs.deliver_text", f'{{"text_id": {message.pk}}}', f"text:{message.pk}")
        ]


def test_it_is_handed_over_once_and_what_became_of_it_is_found_out(rest_world: RestWorld) -> None:
    message = deliver(enqueue(), rest_world)
    assert (message.state, message.number, message.taken_at, message.parts) == ("taken", NUMBER, LATER, 1)
    assert let_go == [message.pk]
    deliver(message, rest_world)
    assert len(rest_world.texts()) == 1
    assert rest_world.texts()[0][2] == "About 7"

    assert sweeps.look_up_texts(gateway=rest_world.gateway, now=LATER) == {}  # not yet
    until(rest_world.arrived_or_not)
    for minutes in range(1, 50):
        sweeps.look_up_texts(gateway=rest_world.gateway, now=LATER + timedelta(minutes=minutes))
        if again(message).state == "delivered":
            break
    message = again(message)
    assert (message.state, message.ask_at) == ("delivered", None)
    assert message.settled_at is not None


def test_a_text_that_did_not_arrive_failed_and_is_in_the_journal(rest_world: RestWorld) -> None:
    rest_world.unreachable(NUMBER)
    message = deliver(enqueue(), rest_world)
    until(rest_world.arrived_or_not)
    for minutes in range(1, 50):
        sweeps.look_up_texts(gateway=rest_world.gateway, now=LATER + timedelta(minutes=minutes))
    assert again(message).state == "failed"
    with as_owner():
        assert (
            JournalEntry.objects.filter(action="message.text_failed", person_id=message.person_id).count()
            == 1
        )


def test_a_sweep_stops_at_a_gateway_that_does_not_answer_and_goes_on_later(rest_world: RestWorld) -> None:
    messages = [deliver(enqueue(f"test:{n}"), rest_world) for n in range(3)]
    rest_world.outage()
    assert sweeps.look_up_texts(gateway=rest_world.gateway, now=LATER + timedelta(hours=1)) == {"failed": 1}
    assert sweeps.look_up_texts(gateway=rest_world.gateway, now=LATER + timedelta(hours=1)) == {"asked": 3}
    assert {again(each).state for each in messages} <= {"taken", "delivered"}


def test_a_gateway_that_is_away_is_tried_again_and_sends_once(rest_world: RestWorld) -> None:
    message = enqueue()
    rest_world.hang_up(before=False)
    with pytest.raises(GatewayUnavailable):
        deliver(message, rest_world)
    assert again(message).state == "waiting"
    assert deliver(message, rest_world).state == "taken"
    assert len(rest_world.texts()) == 1


def test_what_nobody_takes_for_a_day_is_given_up(rest_world: RestWorld) -> None:
    message = enqueue()
    rest_world.outage()
    assert deliver(message, rest_world, now=NOW + texting.GIVE_UP_AFTER).state == "failed"
    assert rest_world.texts() == []
    assert let_go == [message.pk]


def test_what_there_is_nothing_left_to_say_of_is_not_sent(rest_world: RestWorld) -> None:
    message = deliver(enqueue(about_id=0), rest_world)
    assert (message.state, message.number) == ("failed", "")
    assert rest_world.texts() == []
    assert let_go == [message.pk]


def test_who_has_texts_sent_does_not_read_them_and_nobody_has_one_of_an_unknown_kind() -> None:
    enqueue()
    with acting(Purpose.SECURITY, actor=JOB):
        assert list(TextMessage.objects.values_list("key", flat=True)) == ["test:1"]
        with pytest.raises(Refused), transaction.atomic():
            list(TextMessage.objects.values_list("number", flat=True))
        with pytest.raises(UnknownKind):
            texting.enqueue("nonsense", key="x", person_id=1, now=NOW)
    with pytest.raises(RuntimeError):
        texting.enqueue("test.text", key="x", person_id=1, now=NOW)


@pytest.mark.login("door")
def test_a_face_may_have_texts_sent_but_not_write_what_became_of_them() -> None:
    person = make.person()
    with acting(Purpose.ACCESS, actor=Actor.visitor()):
        texting.enqueue("test.text", key="door", person_id=person.pk, now=NOW)
        with pytest.raises(Refused), transaction.atomic():
            TextMessage.objects.filter(key="door").update(state="delivered")


@pytest.mark.database
@pytest.mark.parametrize("broken", [
    {"number": "0612345678"}, {"number": "+0612345678"}, {"state": "taken"}, {"state": "delivered", "number": NUMBER},
])  # fmt: skip
def test_the_database_keeps_what_must_be(broken: dict[str, Any]) -> None:
    message = enqueue()
    with as_owner(), pytest.raises(IntegrityError), transaction.atomic():
        TextMessage.objects.filter(pk=message.pk).update(**broken)


def test_the_jobs_use_the_gateway_of_the_settings(rest_world: RestWorld, settings: Any) -> None:
    settings.HOSPES_SMS = {
        "gateway": "rest",
        "url": rest_world.url,
        "token": "demo-sms-token",
        "sender": "Jixaw",
    }
    message = enqueue()
    jobs.deliver_text.run(text_id=message.pk)
    assert rest_world.texts() == [("Jixaw", NUMBER, "About 7")]
    jobs.sweep_texts.run(timestamp=0)
