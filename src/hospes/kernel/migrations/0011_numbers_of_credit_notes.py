from django.db import migrations

from hospes.kernel.numbers import NUMBERS_SQL


class Migration(migrations.Migration):
    """The function as it is now: billing takes numbers of credit notes too."""

    dependencies = [("kernel", "0010_few_among_many")]
    operations = [migrations.RunSQL(NUMBERS_SQL, migrations.RunSQL.noop)]
