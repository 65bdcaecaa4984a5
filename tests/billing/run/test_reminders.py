"""Consumers hear in time that a year is about to be renewed silently (Wet van Dam): once a term, with the price and the way out."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from hospes.billing.run import reminders
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging import rendering
from hospes.messaging.models import Message
from hospes.services.models import Content
from tests.billing.run import due
from tests.billing.run.due import DAY, NOW, TODAY
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

NOTICE = 42


def tell(today: Any = TODAY, **words: Any) -> int:
    return reminders.tell(today=today, now=NOW, actor=JOB, **words)


def told() -> list[int | None]:
    with as_owner():
        return list(
            Message.objects.filter(kind=reminders.KIND)
            .order_by("about_id")
            .values_list("about_id", flat=True)
        )


@pytest.mark.parametrize(
    ("ahead", "kind", "months", "is_told"),
    [
        (NOTICE, "private", 12, True), (NOTICE + 1, "private", 12, False), (1, "private", 12, True), (0, "private", 12, False),
        (20, "private", 24, True), (20, "private", 6, False), (20, "business", 12, False),
    ],
)  # fmt: skip
def test_consumers_are_told_of_terms_of_a_year_and_longer(
    ahead: int, kind: str, months: int, is_told: bool
) -> None:
    service = due.service(due.customer(kind=kind), renews=TODAY + ahead * DAY, months=months)
    assert tell() == is_told
    assert told() == ([service.pk] if is_told else [])


def test_once_a_term_however_often_it_is_looked_at() -> None:
    services = [due.service(due.customer(), renews=TODAY + n * DAY) for n in (20, 30, 40)]
    assert (tell(size=1), tell(), tell(TODAY + DAY)) == (3, 0, 0)
    assert told() == [each.pk for each in services]
    due.run(TODAY + 10 * DAY)  # renews the first
    assert tell(TODAY + 350 * DAY) == 1  # of its next term
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT lock), min(queue_name) FROM procrastinate_jobs"
                       " WHERE task_name = 'messaging.jobs.deliver' AND lock = 'message:' || (args ->> 'message_id')")  # fmt: skip
        assert cursor.fetchone() == (4, 4, "messages")


@pytest.mark.parametrize("state", ["cancelled", "pending", "refused", "terminated"])
def test_what_is_not_renewed_is_not_told(state: str) -> None:
    due.service(due.customer(), state=state, renews=TODAY + 20 * DAY)
    assert tell() == 0


def test_a_term_that_they_chose_themselves_is_not_renewed_silently() -> None:
    service = due.service(due.customer(), renews=TODAY + 20 * DAY)
    due.becomes(service, on=service.renews_on, months=24)
    assert tell() == 0


@pytest.mark.parametrize("language", ["nl", "en"])
def test_it_says_what_when_for_how_much_with_vat_and_until_when_it_can_be_ended(language: str) -> None:
    holder = make.person(language=language)
    customer = due.customer(holder=holder)
    service = due.service(customer, renews=TODAY + timedelta(days=30), price_cents=10_000)
    with as_owner():
        Content.objects.filter(service=service).update(quantity=2)
    tell()
    with acting(Purpose.MESSAGES, actor=JOB):
        letter = rendering.render(Message.objects.get(kind=reminders.KIND), now=NOW)
    text = letter.text
    words = {
        "nl": ["1 april 2026", "242,00", "42,00", "31 maart 2026", "18 maart 2026", "12 maanden", "opzeggen"],
        "en": ["1 April 2026", "242.00", "42.00", "31 March 2026", "18 March 2026", "12 months", "cancel"],
    }[language]
    assert [word for word in [*words, service.label] if word not in text] == []
    assert letter.subject.endswith(service.label)


@pytest.mark.parametrize(
    ("code", "said"), [("reduced", "€ 109,00, including € 9,00"), ("zero", "€ 100,00, including € 0,00")]
)
def test_it_says_the_vat_of_the_product(code: str, said: str) -> None:
    service = due.service(
        due.customer(holder=make.person(language="en")), renews=TODAY + timedelta(days=30), price_cents=10_000
    )
    make.vat_of(service.product, code)
    with acting(Purpose.MESSAGES, actor=JOB):
        found = reminders.next_term(service.pk, today=TODAY, language="en")
    assert found is not None
    words = f"€ {(found.net_cents + (found.vat_cents or 0)) / 100:.2f}, including € {(found.vat_cents or 0) / 100:.2f}"
    assert words.replace(".", ",") == said
