"""How often something was tried, so that whoever tries much has to wait."""

from django.db import models

from hospes.kernel.datamap import technical
from hospes.kernel.purposes import Purpose


class Tries(models.Model):
    """
    The tries of one network, account or device, whose name is blinded: nobody can read here who tried what.

    A row of another kind says that a network is a good one, since somebody logged in from there: `drained_at` is until when.

    Tries drain away with time; `drained_at` is when there are none left. No login may touch this table: counting is done by the
    functions of migration `tries`, which cannot set a count back further than to before a try that was right.
    """

    key = models.CharField(primary_key=True, max_length=40)
    drained_at = models.DateTimeField()
    not_before = models.DateTimeField()

    datamap = technical("key", "drained_at", "not_before", logins=(), purposes={Purpose.RETENTION})
