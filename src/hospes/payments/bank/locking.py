"""Who works on the bank goes one after another: a file, a line. So all locks are taken in one order."""

from django.db import connections

from hospes.kernel import acting


def one_at_a_time() -> None:
    """Until the end of the transaction nobody else takes in or divides: locks are taken in one order only."""
    scene = acting.current()
    if scene is None:
        raise RuntimeError("the bank is worked on inside acting()")
    with connections[scene.alias].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('hospes bank'), 0)")
