from django.db import migrations

from hospes.catalogue.twin import INSTALL_WHOLE_FIRST, REMOVE_WHOLE_FIRST


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0005_options_in_sql")]

    operations = [migrations.RunSQL(INSTALL_WHOLE_FIRST, REMOVE_WHOLE_FIRST)]
