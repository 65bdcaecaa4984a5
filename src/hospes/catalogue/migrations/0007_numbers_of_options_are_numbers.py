from django.db import migrations

from hospes.catalogue.twin import CHOSEN_AGAIN, CHOSEN_AS_IT_WAS


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0006_first_term_in_whole_cents")]
    operations = [migrations.RunSQL(CHOSEN_AGAIN, CHOSEN_AS_IT_WAS)]
