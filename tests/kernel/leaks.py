"""Ways to fail that have somebody's e-mail address in what the exception says."""

import os
import smtplib
import threading
import warnings
from collections.abc import Callable

from django.db import connection

from hospes.hosting.providers import directadmin
from hospes.kernel.money import Money
from hospes.payments.providers import mollie, stripe

CANARY = "canary.kraakhof@example.com"


def own_code() -> None:
    Money(CANARY)  # type: ignore[arg-type]  # what somebody typed


def chained() -> None:
    try:
        own_code()
    except TypeError as error:
        raise LookupError(f"nobody is called {CANARY}") from error


def database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text::bigint", [CANARY])


def values_of_a_row() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '23505', MESSAGE = 'taken', CONSTRAINT = 'one_address',"
            f" DETAIL = 'Key (email)=({CANARY}) already exists.', HINT = '{CANARY}'; END $$"
        )


def mail_server() -> None:
    raise smtplib.SMTPRecipientsRefused({CANARY: (550, f"<{CANARY}> unknown".encode())})


def payment_provider() -> None:
    mollie.Mollie(url=os.environ["LEAKY_PROVIDER"], key="test_demo0000000000000000000000").fetch("tr_1")


def other_payment_provider() -> None:
    stripe.Stripe(url=os.environ["LEAKY_PROVIDER"], key="sk_test_demo").fetch("pi_demo")


def hosting_panel() -> None:
    directadmin.DirectAdmin(url=os.environ["LEAKY_PROVIDER"], user="a", key="b").remove("u1")


def elsewhere() -> None:
    """In a thread, as a warning, and when something is thrown away."""
    warnings.warn(f"{CANARY} is odd", RuntimeWarning, stacklevel=1)
    thread = threading.Thread(target=chained, name=CANARY)
    thread.start()
    thread.join()

    class Falls:
        def __del__(self) -> None:
            chained()

    Falls()
    raise RuntimeError(CANARY)


WAYS: dict[str, Callable[[], None]] = {
    way.__name__: way
    for way in (
        own_code,
        chained,
        database,
        values_of_a_row,
        mail_server,
        payment_provider,
        other_payment_provider,
        hosting_panel,
        elsewhere,
    )
}
