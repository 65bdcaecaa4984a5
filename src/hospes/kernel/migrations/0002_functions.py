from django.db import migrations

from hospes.kernel.journal_sql import INSTALL
from hospes.kernel.numbers import NUMBERS_SQL

CACHE_SQL = """
CREATE TABLE IF NOT EXISTS hospes_cache (cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL);
CREATE INDEX IF NOT EXISTS hospes_cache_expires ON hospes_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [
        migrations.RunSQL(NUMBERS_SQL, "DROP FUNCTION hospes_next_number(text)"),
        migrations.RunSQL(CACHE_SQL, "DROP TABLE hospes_cache"),
        migrations.RunSQL(INSTALL, migrations.RunSQL.noop),
    ]
