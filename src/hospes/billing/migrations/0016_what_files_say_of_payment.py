from django.db import migrations, models

#: Files from before this say what had come in when they were made.
AS_MADE = """
UPDATE billing_document d
   SET paid_cents = i.paid_cents, paid_on = (i.paid_at AT TIME ZONE 'Europe/Amsterdam')::date, paid_with = i.paid_with
  FROM billing_invoice i WHERE i.id = d.invoice_id AND i.paid_cents <> 0 AND i.paid_at <= d.made_at
"""


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0015_dated_rules'),
    ]

    operations = [
        migrations.AddField(
            model_name='document',
            name='paid_cents',
            field=models.BigIntegerField(db_default=0, default=0, verbose_name='paid, as the file says'),
        ),
        migrations.AddField(
            model_name='document',
            name='paid_on',
            field=models.DateField(null=True, verbose_name='paid on, as the file says'),
        ),
        migrations.AddField(
            model_name='document',
            name='paid_with',
            field=models.CharField(blank=True, db_default='', default='', max_length=20, verbose_name='paid with, as the file says'),
        ),
        migrations.RunSQL(AS_MADE, migrations.RunSQL.noop),
    ]
