from django.db import migrations

from hospes.catalogue.twin import INSTALL, REMOVE


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_everything_that_is_sold")]
    operations = [migrations.RunSQL(INSTALL, REMOVE)]
