from django.db import migrations, models
from django.db.models import Q

#: An order that comes to nothing gives the use of its promotion code back: also the one that it took when it was paid after all.
GIVE_BACK = """
CREATE OR REPLACE FUNCTION sales_give_code_back() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE public.catalogue_promotionuse SET given_back_on = greatest(used_on, (now() AT TIME ZONE 'Europe/Amsterdam')::date)
   WHERE origin IN ('quote:' || NEW.quote_id, 'order:' || NEW.id) AND given_back_on IS NULL;
  RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("sales", "0013_the_rate_of_the_day")]
    operations = [
        migrations.AddField(
            model_name="order",
            name="pay_until",
            field=models.DateField(null=True, verbose_name="to be paid by"),
        ),
        migrations.AddField(
            model_name="order",
            name="cancelled_at",
            field=models.DateTimeField(null=True, verbose_name="cancelled at"),
        ),
        migrations.AddField(
            model_name="order",
            name="cancelled_why",
            field=models.CharField(
                blank=True,
                choices=[
                    ("unpaid", "it was not paid in time"),
                    ("customer", "you, or somebody with access, cancelled it"),
                    ("staff", "our staff cancelled it"),
                ],
                default="",
                max_length=10,
                verbose_name="why it was cancelled",
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="cancel_reason",
            field=models.CharField(
                blank=True, default="", max_length=200, verbose_name="what we wrote about that"
            ),
        ),
        migrations.RunSQL(GIVE_BACK, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                name="cancelled_order_says_when_and_why",
                condition=~Q(state="cancelled") | Q(cancelled_at__isnull=False) & ~Q(cancelled_why=""),
            ),
        ),
    ]
