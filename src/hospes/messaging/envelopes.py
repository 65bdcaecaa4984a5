"""The mail itself: headers, parts and attachments of a letter."""

from datetime import datetime
from email.utils import format_datetime, formataddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from hospes.kernel.secrets import blind_index
from hospes.messaging.rendering import Letter


def envelope(message_id: int, letter: Letter, *, now: datetime) -> EmailMultiAlternatives:
    """The mail of a letter; of one message it always has the same Message-ID."""
    post = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        to=[formataddr((letter.reader.name, letter.reader.address))],
        cc=list(letter.reader.copies),
        headers={
            "Message-ID": header_id(message_id),
            "Date": format_datetime(now),
            "Content-Language": letter.reader.language,
            "Auto-Submitted": "auto-generated",  # RFC 3834: nobody's holiday reply comes back
        },
    )
    if letter.html:
        post.attach_alternative(letter.html, "text/html")
    for name, content, media_type in letter.attachments:
        post.attach(name, content, media_type)
    return post


def header_id(message_id: int) -> str:
    """
    The Message-ID of a message.

    The hash keeps two installations of one operator (one for trying out, say) from using one id for two
    mails.
    """
    installation = blind_index(str(message_id), context="messaging_message:message_id").hex()
    return f"<{message_id}.{installation}@{settings.HOSPES_OPERATOR.email.rpartition('@')[2]}>"
