from django.db import migrations, models

GIVE = "UPDATE accounts_staffrole SET powers = powers || '{catalogue}' WHERE 'manage' = ANY (powers);"
TAKE = "UPDATE accounts_staffrole SET powers = array_remove(powers, 'catalogue');"


class Migration(migrations.Migration):
    """Who manages the staff keeps the catalogue too, until they say otherwise."""

    dependencies = [
        ('accounts', '0014_good_networks'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='staffrole',
            name='role_has_powers_that_exist',
        ),
        migrations.AddConstraint(
            model_name='staffrole',
            constraint=models.CheckConstraint(condition=models.Q(('powers__contained_by', ['catalogue', 'manage', 'reset', 'view'])), name='role_has_powers_that_exist'),
        ),
        migrations.RunSQL(GIVE, TAKE),
    ]
