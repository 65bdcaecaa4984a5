import datetime
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0010_where_from'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('hint', models.CharField(max_length=20, verbose_name='how it begins')),
                ('digest', models.BinaryField(unique=True, verbose_name='token (hash)')),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('services:read', 'see services and domain names'), ('invoices:read', 'see invoices and payments'), ('orders:read', 'see orders and quotes'), ('orders:write', 'place orders'), ('history:read', 'see from where the account was used')], max_length=20), size=None, verbose_name='what it may do')),
                ('networks', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=43), default=list, size=None, verbose_name='from which networks')),
                ('made_at', models.DateTimeField(verbose_name='made at')),
                ('expires_at', models.DateTimeField(verbose_name='works until')),
                ('last_used_at', models.DateTimeField(null=True, verbose_name='last used at')),
                ('last_used_ip', models.GenericIPAddressField(null=True, verbose_name='last used from')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='ended at')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'token for a program',
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['person', '-made_at'], name='tokens_of_a_person')],
                'constraints': [models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('made_at')), ('expires_at__lte', django.db.models.expressions.CombinedExpression(models.F('made_at'), '+', models.Value(datetime.timedelta(days=366))))), name='token_lasts_a_year_at_most'), models.CheckConstraint(condition=models.Q(('scopes__contained_by', ['history:read', 'invoices:read', 'orders:read', 'orders:write', 'services:read']), models.Q(('scopes', []), _negated=True)), name='token_has_scopes_that_exist'), models.CheckConstraint(condition=models.Q(('ended_at', None), ('ended_at__gte', models.F('made_at')), _connector='OR'), name='token_ends_after_it_was_made')],
            },
        ),
    ]
