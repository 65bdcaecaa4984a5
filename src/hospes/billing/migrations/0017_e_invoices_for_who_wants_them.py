from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0016_what_files_say_of_payment'),
    ]

    operations = [
        migrations.AddField(
            model_name='einvoiceaddress',
            name='state',
            # Of addresses from before this the access point was asked before.
            field=models.CharField(choices=[('unchecked', 'not looked up yet'), ('reachable', 'can receive e-invoices'), ('unknown', 'nobody receives e-invoices there')], default='reachable', max_length=10, verbose_name='state'),
        ),
        migrations.AlterField(
            model_name='einvoiceaddress',
            name='state',
            field=models.CharField(choices=[('unchecked', 'not looked up yet'), ('reachable', 'can receive e-invoices'), ('unknown', 'nobody receives e-invoices there')], default='unchecked', max_length=10, verbose_name='state'),
        ),
        migrations.AddField(
            model_name='einvoiceaddress',
            name='with_mail',
            field=models.BooleanField(default=True, verbose_name='by mail as well'),
        ),
        migrations.AddField(
            model_name='einvoice',
            name='mail_at',
            field=models.DateTimeField(null=True, verbose_name='sent by mail after all at'),
        ),
        migrations.AddIndex(
            model_name='einvoiceaddress',
            index=models.Index(condition=models.Q(('ended_at', None), models.Q(('state', 'reachable'), _negated=True)), fields=['state', 'id'], name='addresses_to_be_looked_at'),
        ),
        migrations.AddIndex(
            model_name='einvoice',
            index=models.Index(condition=models.Q(('mail_at__isnull', False)), fields=['mail_at', 'id'], name='e_invoices_instead_of_mail'),
        ),
        migrations.AddIndex(
            model_name='einvoice',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['planned_at', 'id'], name='e_invoices_waiting'),
        ),
    ]
