from django.db import migrations

from hospes.catalogue.twin import CHOSEN_AGAIN, CHOSEN_AS_IT_WAS


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0005_options_in_sql")]
    operations = [migrations.RunSQL(CHOSEN_AGAIN, CHOSEN_AS_IT_WAS)]
