from django.db import migrations, models

GIVE = "UPDATE accounts_staffrole SET powers = powers || '{quote}' WHERE key IN ('billing_clerk', 'support_agent', 'administrator');"
TAKE = "UPDATE accounts_staffrole SET powers = array_remove(powers, 'quote');"


class Migration(migrations.Migration):
    """Who advises customers makes quotes, until the administrator says otherwise."""

    dependencies = [("accounts", "0015_power_over_the_catalogue")]

    operations = [
        migrations.RemoveConstraint(model_name="staffrole", name="role_has_powers_that_exist"),
        migrations.AddConstraint(
            model_name="staffrole",
            constraint=models.CheckConstraint(
                condition=models.Q(("powers__contained_by", ["catalogue", "manage", "quote", "reset", "view"])),
                name="role_has_powers_that_exist",
            ),
        ),
        migrations.RunSQL(GIVE, TAKE),
    ]
