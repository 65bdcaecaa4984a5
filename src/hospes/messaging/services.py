"""
Sending messages: a row and a job in the transaction that wants the message, the text only when it leaves.

Delivery is at least once. A worker that dies between the mail server's "accepted" and our noting it leaves
the message waiting, and it is sent again with the same Message-ID, so that a mailbox can tell; SMTP knows
no better way.
"""

import smtplib
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from django.core import mail
from django.db import connections
from django.utils.translation import gettext_lazy as _

from hospes.kernel import acting, journal
from hospes.kernel.outside import checked, declare_payload
from hospes.kernel.purposes import Purpose
from hospes.kernel.recipients import Recipient
from hospes.messaging import rendering
from hospes.messaging.envelopes import envelope
from hospes.messaging.models import Message
from hospes.messaging.recipients import NobodyToReach

journal.register({"message.failed": _("Message could not be delivered")})
declare_payload(
    Recipient.MAIL_SERVER, "message.send",
    "name", "address", "copies", "subject", "text", "html", "attachments", "message_id",
)  # fmt: skip

#: A message that no server would take for so long is given up; the job itself goes on trying a little longer.
GIVE_UP_AFTER = timedelta(hours=23)


class NotDelivered(Exception):
    """The mail server did not take the message this time; try again. `code` is what it answered, for the log."""

    def __init__(self, said: str, *, code: int | None = None) -> None:
        super().__init__(said)
        self.code = code


# In one statement, since the purposes that write messages may read no more of them than id and key.
_INSERT = """
INSERT INTO messaging_message (kind, key, person_id, customer_id, about_id, address, state, created_at)
VALUES (%s, %s, %s, %s, %s, '', 'waiting', %s) ON CONFLICT (key) DO NOTHING RETURNING id
"""


def enqueue(
    kind: str,
    *,
    key: str,
    person_id: int | None = None,
    customer_id: int | None = None,
    about_id: int | None = None,
    now: datetime,
) -> None:
    """
    Have a message sent once the current transaction commits; a second call with the same key does nothing.

    It goes to the person, or else to the holder of the customer. Raises UnknownKind when no subject
    registered the kind, and RuntimeError outside of acting().
    """
    rendering.renderer_of(kind)
    scene = acting.current()
    if scene is None:
        raise RuntimeError("messages are enqueued inside acting()")
    with connections[scene.alias].cursor() as cursor:
        cursor.execute(_INSERT, [kind, key, person_id, customer_id, about_id, now])
        row = cursor.fetchone()
    if row is not None:
        from hospes.messaging.jobs import deliver as job

        job.enqueue(one_at_a_time=f"message:{row[0]}", message_id=row[0])


_INSERT_EACH = """
INSERT INTO messaging_message (kind, key, person_id, customer_id, about_id, address, state, created_at)
SELECT %s, key, NULL, customer, about, '', 'waiting', %s
  FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) AS m (key, customer, about)
ON CONFLICT (key) DO NOTHING RETURNING id
"""


def enqueue_each(kind: str, about: Sequence[tuple[str, int, int]], *, now: datetime) -> int:
    """
    Have many messages of a kind sent, as `enqueue` does one: (key, customer, about what) each. Returns how many are new.
    """
    rendering.renderer_of(kind)
    scene = acting.current()
    if scene is None:
        raise RuntimeError("messages are enqueued inside acting()")
    columns = [list(column) for column in zip(*about, strict=True)] or [[], [], []]
    with connections[scene.alias].cursor() as cursor:
        cursor.execute(_INSERT_EACH, [kind, now, *columns])
        ids = [pk for (pk,) in cursor.fetchall()]
    if ids:
        from hospes.messaging.jobs import deliver as job

        job.enqueue_each("message_id", ids, lock="message:")
    return len(ids)


def is_enqueued(key: str) -> bool:
    """Whether a message with this key was enqueued before, and is still kept."""
    return Message.objects.filter(key=key).exists()


def deliver(*, message_id: int, now: datetime) -> None:
    """
    Send a message that waits; one that was sent or given up stays as it is.

    Raises NotDelivered when it is worth trying again. What the mail server refuses for good, or nobody took
    for a day, is marked as failed and stands in the journal.
    """
    with acting.acting(Purpose.MESSAGES, actor=acting.JOB):
        message = Message.objects.filter(pk=message_id, state=Message.State.WAITING).first()
        if message is None:
            return
        try:
            letter = rendering.render(message, now=now)
        except NobodyToReach:
            _fail(message, address="", now=now)
            return
    was_taken = _offer(message, letter, now=now)  # may take long: not inside a transaction
    with acting.acting(Purpose.MESSAGES, actor=acting.JOB):
        if was_taken:
            _close(message, Message.State.SENT, address=letter.reader.address, sent_at=now)
        else:
            _fail(message, address=letter.reader.address, now=now)


def _offer(message: Message, letter: rendering.Letter, *, now: datetime) -> bool:
    """Say whether the mail server took a letter; False is for good. Raises NotDelivered to be tried again."""
    post = envelope(message.pk, letter, now=now)
    checked(Recipient.MAIL_SERVER, "message.send", {
        "name": letter.reader.name, "address": letter.reader.address, "copies": list(letter.reader.copies),
        "subject": letter.subject,
        "text": letter.text, "html": letter.html, "attachments": letter.attachments,
        "message_id": post.extra_headers["Message-ID"],
    })  # fmt: skip
    try:
        _hand_over(post)
    except (
        OSError
    ) as error:  # all of smtplib's are; first, since a certificate that is wrong is a ValueError too
        if _is_final(error) or now - message.created_at >= GIVE_UP_AFTER:
            return False
        # "from None": the library's errors name the address.
        code = _code(error)
        said = f"the mail server did not take message {message.pk}: {code or type(error).__name__}"
        raise NotDelivered(said, code=code) from None
    except ValueError:  # an address or a header that no mail can have
        return False
    return True


def _hand_over(post: mail.EmailMessage) -> None:
    connection = mail.get_connection()
    connection.open()
    try:
        connection.send_messages([post])
    finally:
        with suppress(OSError):  # a goodbye that fails must not send it again
            connection.close()


def _is_final(error: Exception) -> bool:
    """
    Whether the answer is about this message or its reader, and for good (RFC 5321, 4.2.1).

    A server that refuses us as a sender, or our password, is for the operator to mend: that is tried again.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _said in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code >= 500
    return isinstance(error, smtplib.SMTPNotSupportedError)


def _code(error: Exception) -> int | None:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next((int(code) for code, _said in error.recipients.values()), None)
    code = getattr(error, "smtp_code", None)
    return int(code) if code is not None else None


def _fail(message: Message, *, address: str, now: datetime) -> None:
    if _close(message, Message.State.FAILED, address=address):
        journal.record(
            "message.failed", at=now, table="messaging_message", object_id=message.pk,
            customer_id=message.customer_id, person_id=message.person_id, changed=["state"],
        )  # fmt: skip


def _close(message: Message, state: Message.State, *, address: str, sent_at: datetime | None = None) -> bool:
    """Note what became of a message; False when somebody else did meanwhile."""
    waiting = Message.objects.filter(pk=message.pk, state=Message.State.WAITING)
    return bool(waiting.update(state=state, address=address, sent_at=sent_at))
