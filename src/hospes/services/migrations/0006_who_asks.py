from django.db import migrations

#: The portal's login cannot ask as staff, whatever it says of itself: the worker does for staff what it does not for customers.
ONLY_CUSTOMERS = """
ALTER TABLE services_request ADD CONSTRAINT portal_asks_for_customers_only
  CHECK ("by" = 'customer' OR session_user !~ '_login_portal$');
"""


class Migration(migrations.Migration):

    dependencies = [("services", "0005_requests_and_charges")]

    operations = [
        migrations.RunSQL(
            ONLY_CUSTOMERS, "ALTER TABLE services_request DROP CONSTRAINT portal_asks_for_customers_only"
        ),
    ]
