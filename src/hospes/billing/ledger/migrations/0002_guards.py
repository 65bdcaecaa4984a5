from django.db import migrations

from hospes.billing.ledger.guards import GUARDS, UNDO
from hospes.kernel.numbers import NUMBERS_IN_A_ROW_SQL


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("kernel", "0002_functions")]
    operations = [migrations.RunSQL(NUMBERS_IN_A_ROW_SQL + GUARDS, UNDO)]
