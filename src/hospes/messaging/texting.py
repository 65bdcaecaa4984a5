"""
Sending text messages: a row and a job in the transaction that wants the text, the words only when it leaves.

A text is handed to the gateway with a key that is its own, so that a try which broke off is repeated and nothing is sent
twice. What became of it is asked for later (`sweeps`); nothing that a gateway tells by itself is believed.
"""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connections
from django.utils.translation import gettext_lazy as _

from hospes.kernel import acting, journal
from hospes.kernel.purposes import Purpose
from hospes.kernel.secrets import blind_index
from hospes.messaging import texts
from hospes.messaging.models import TextMessage
from hospes.messaging.providers import GatewayRefused, GatewayUnavailable, SmsGateway, Taken
from hospes.messaging.recipients import NobodyToReach

journal.register({"message.text_failed": _("Text message could not be delivered")})

#: A text that no gateway would take for so long is given up.
GIVE_UP_AFTER: Final = timedelta(hours=23)

#: The first time that is asked what became of a text; then after half of its age each time, until the second.
FIRST_LOOK, LAST_LOOK = timedelta(seconds=10), timedelta(days=2)

# In one statement, since the purposes that have texts sent may read no more of them than id and key.
_INSERT = """
INSERT INTO messaging_textmessage (kind, key, person_id, about_id, number, reference, state, created_at)
VALUES (%s, %s, %s, %s, '', '', 'waiting', %s) ON CONFLICT (key) DO NOTHING RETURNING id
"""


def enqueue(kind: str, *, key: str, person_id: int, about_id: int | None = None, now: datetime) -> None:
    """
    Have a text sent once the current transaction commits; a second call with the same key does nothing.

    Raises UnknownKind when no subject registered the kind, and RuntimeError outside of acting().
    """
    texts.known(kind)
    scene = acting.current()
    if scene is None:
        raise RuntimeError("text messages are enqueued inside acting()")
    with connections[scene.alias].cursor() as cursor:
        cursor.execute(_INSERT, [kind, key, person_id, about_id, now])
        row = cursor.fetchone()
    if row is not None:
        from hospes.messaging.jobs import deliver_text as job

        job.enqueue(one_at_a_time=f"text:{row[0]}", text_id=row[0])


def deliver(*, text_id: int, gateway: SmsGateway, now: datetime) -> None:
    """
    Hand over a text that waits; one that was handed over or given up stays as it is.

    Raises GatewayUnavailable when it is worth trying again. What the gateway refuses for good, what nobody took for a day and
    what there is nothing left to say of is marked as failed.
    """
    with acting.acting(Purpose.MESSAGES, actor=acting.JOB):
        message = TextMessage.objects.filter(pk=text_id, state=TextMessage.State.WAITING).first()
        if message is None:
            return
        try:
            text = texts.write(message, now=now)
        except NobodyToReach:
            _fail(message, number="", now=now)
            return
    taken = _offer(message, text, gateway, now=now)  # may take long: not inside a transaction
    with acting.acting(Purpose.MESSAGES, actor=acting.JOB):
        if taken is None:
            _fail(message, number=text.number, now=now)
        else:
            asked = None if not taken.reference else now + FIRST_LOOK
            waiting = TextMessage.objects.filter(pk=message.pk, state=TextMessage.State.WAITING)
            waiting.update(state=TextMessage.State.TAKEN, number=text.number, taken_at=now, parts=taken.parts,
                           reference=taken.reference, ask_at=asked)  # fmt: skip
            texts.let_go(message)


def key_of(message: TextMessage) -> str:
    """
    The key by which the gateway knows a text.

    The hash keeps two installations of one operator (one for trying out, say) from using one key for two texts.
    """
    installation = blind_index(str(message.pk), context="messaging_textmessage:key").hex()[:16]
    return f"{message.pk}-{installation}"


def look_up(message: TextMessage, gateway: SmsGateway, *, now: datetime) -> None:
    """Ask what became of a text that was handed over, and note it; raises GatewayUnavailable."""
    try:
        fate = gateway.fate(message.reference)
    except GatewayRefused:  # it knows the text no more
        fate = "under_way"
    with acting.acting(Purpose.MESSAGES, actor=acting.JOB):
        if fate == "failed":
            _fail(message, number=message.number, now=now)
            return
        under_way = TextMessage.objects.filter(pk=message.pk, state=TextMessage.State.TAKEN)
        if fate == "delivered":
            under_way.update(state=TextMessage.State.DELIVERED, settled_at=now, ask_at=None)
        else:
            under_way.update(ask_at=_next_look(now - (message.taken_at or now), now))


def _next_look(age: timedelta, now: datetime) -> datetime | None:
    return None if age > LAST_LOOK else now + max(FIRST_LOOK, age / 2)


def _offer(message: TextMessage, text: texts.Text, gateway: SmsGateway, *, now: datetime) -> Taken | None:
    """What the gateway says to a text; None is no for good. Raises GatewayUnavailable to be tried again."""
    try:
        return gateway.send(text.number, text.body, sender=settings.HOSPES_SMS["sender"], key=key_of(message))
    except GatewayRefused:
        return None
    except GatewayUnavailable:
        if now - message.created_at >= GIVE_UP_AFTER:
            return None
        raise


def _fail(message: TextMessage, *, number: str, now: datetime) -> None:
    failing = TextMessage.objects.filter(
        pk=message.pk, state__in=(TextMessage.State.WAITING, TextMessage.State.TAKEN)
    )
    if failing.update(state=TextMessage.State.FAILED, number=number, settled_at=now, ask_at=None):
        texts.let_go(message)
        journal.record("message.text_failed", at=now, table="messaging_textmessage", object_id=message.pk,
                       person_id=message.person_id, changed=["state"])  # fmt: skip
