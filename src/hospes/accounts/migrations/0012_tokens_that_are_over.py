from django.db import migrations, models
from django.db.models.functions import Least


class Migration(migrations.Migration):

    dependencies = [('accounts', '0011_tokens')]

    operations = [
        migrations.AddField('apitoken', 'over_at', models.DateTimeField(verbose_name='works no longer from', null=True)),
        migrations.RunSQL('UPDATE accounts_apitoken SET over_at = LEAST(ended_at, expires_at)', migrations.RunSQL.noop),
        migrations.AlterField('apitoken', 'over_at', models.DateTimeField(verbose_name='works no longer from')),
        migrations.AddConstraint('apitoken', models.CheckConstraint(
            name='token_is_over_when_it_ended_or_expired',
            condition=models.Q(ended_at=None, over_at=models.F('expires_at'))
            | models.Q(ended_at__isnull=False, over_at=Least('ended_at', 'expires_at')),
        )),
        migrations.AddIndex('apitoken', models.Index(fields=['over_at'], name='tokens_by_end')),
    ]
