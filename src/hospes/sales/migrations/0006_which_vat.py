from django.db import migrations, models

CATEGORIES = [
    ("S", "VAT at a rate"), ("Z", "zero rate"), ("E", "exempt from VAT"), ("AE", "VAT reverse charged"),
    ("K", "supply of goods inside the EU"), ("G", "export outside the EU"), ("O", "outside the scope of VAT"),
]  # fmt: skip

#: What consumers in other member states ordered and did not pay yet. Two orders that ask at once wait for each other.
ORDERED_ELSEWHERE = """
CREATE FUNCTION sales_ordered_elsewhere() RETURNS bigint LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  net bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(7043010);
  SELECT coalesce(sum(l.net_cents), 0) INTO net FROM sales_order o JOIN sales_quoteline l ON l.quote_id = o.quote_id
   WHERE o.state = 'awaiting_payment' AND l.vat_reason IN ('consumer_home_rate', 'consumer_oss');
  RETURN net;
END $$;
REVOKE ALL ON FUNCTION sales_ordered_elsewhere() FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0008_treatment"), ("sales", "0005_paid_orders_not_delivered")]
    operations = [
        migrations.AddField(
            model_name="quoteline",
            name="vat_category",
            field=models.CharField(choices=CATEGORIES, default="S", max_length=2, verbose_name="kind of VAT"),
        ),
        migrations.AddField(
            model_name="quoteline",
            name="vat_country",
            field=models.CharField(default="NL", max_length=2, verbose_name="country of the VAT"),
        ),
        migrations.AddField(
            model_name="quoteline",
            name="vat_reason",
            field=models.CharField(blank=True, max_length=30, verbose_name="why this VAT"),
        ),
        migrations.RunSQL(ORDERED_ELSEWHERE, "DROP FUNCTION sales_ordered_elsewhere()"),
    ]
