import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from hospes.accounts.models.staff_guards import INSTALL, REMOVE

ROLES = """
INSERT INTO accounts_staffrole (position, key, name_nl, name_en, purposes, powers) VALUES
  (1, 'billing_clerk', 'medewerker administratie', 'billing clerk', '{contract,billing}', '{}'),
  (2, 'support_agent', 'medewerker klantenservice', 'support agent', '{contract,support}', '{}'),
  (3, 'technician', 'technicus', 'technician', '{operation}', '{}'),
  (4, 'privacy_officer', 'privacymedewerker', 'privacy officer', '{rights,security}', '{}'),
  (5, 'administrator', 'beheerder', 'administrator', '{contract,security}', '{manage,reset}');
"""

POSTS = """
UPDATE accounts_staffmember SET invited_at = since, invited_until = since, joined_at = since;
INSERT INTO accounts_staffpost (member_id, role_id) SELECT person_id, role FROM accounts_staffmember;
SET CONSTRAINTS ALL IMMEDIATE;
"""

#: Of somebody with several roles the first is kept.
BACK = """
UPDATE accounts_staffmember m SET role = (SELECT min(p.role_id) FROM accounts_staffpost p WHERE p.member_id = m.person_id)
 WHERE EXISTS (SELECT FROM accounts_staffpost p WHERE p.member_id = m.person_id);
DELETE FROM accounts_staffpost;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_siege'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='StaffRole',
            fields=[
                ('key', models.SlugField(max_length=20, primary_key=True, serialize=False)),
                ('name_nl', models.CharField(max_length=40)),
                ('name_en', models.CharField(max_length=40)),
                ('purposes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None)),
                ('powers', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), default=list, size=None)),
                ('position', models.PositiveSmallIntegerField()),
            ],
            options={
                'ordering': ('position',),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('purposes__contained_by', ['billing', 'contract', 'operation', 'rights', 'security', 'support'])), name='role_acts_for_what_the_office_may'),
                    models.CheckConstraint(condition=models.Q(('powers__contained_by', ['manage', 'reset'])), name='role_has_powers_that_exist'),
                    models.CheckConstraint(condition=models.Q(('purposes', []), _negated=True), name='role_acts_for_something'),
                ],
            },
        ),
        migrations.RunSQL(ROLES, migrations.RunSQL.noop),
        migrations.AddField(
            model_name='staffmember',
            name='invited_at',
            field=models.DateTimeField(null=True, verbose_name='invited at'),
        ),
        migrations.AddField(
            model_name='staffmember',
            name='invited_until',
            field=models.DateTimeField(null=True, verbose_name='invitation can be used until'),
        ),
        migrations.AddField(
            model_name='staffmember',
            name='joined_at',
            field=models.DateTimeField(null=True, verbose_name='invitation taken up at'),
        ),
        migrations.CreateModel(
            name='StaffPost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='accounts.staffmember', verbose_name='colleague')),
                ('role', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='accounts.staffrole', verbose_name='role')),
            ],
            options={
                'verbose_name': 'role at the operator',
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('member', 'role'), name='a_colleague_has_a_role_once')],
            },
        ),
        migrations.AlterField(
            model_name='staffmember',
            name='role',
            field=models.CharField(max_length=20, default='support_agent', verbose_name='role'),
        ),
        migrations.RunSQL(POSTS, BACK),
        migrations.RemoveField(
            model_name='staffmember',
            name='role',
        ),
        migrations.AlterField(
            model_name='staffmember',
            name='invited_at',
            field=models.DateTimeField(verbose_name='invited at'),
        ),
        migrations.AlterField(
            model_name='staffmember',
            name='invited_until',
            field=models.DateTimeField(verbose_name='invitation can be used until'),
        ),
        migrations.AddConstraint(
            model_name='staffmember',
            constraint=models.CheckConstraint(condition=models.Q(('joined_at', None), models.Q(('joined_at__gte', models.F('invited_at')), ('joined_at__lte', models.F('invited_until'))), _connector='OR'), name='joined_while_invited'),
        ),
        migrations.CreateModel(
            name='StaffChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='when')),
                ('what', models.CharField(choices=[('invited', 'invited'), ('hired', 'began here'), ('roles', 'other roles'), ('dismissed', 'left'), ('anew', 'to be let in anew'), ('purposes', 'the role acts for something else'), ('powers', 'the role has other powers')], max_length=10, verbose_name='what')),
                ('had', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), default=list, size=None, verbose_name='what it was')),
                ('has', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), default=list, size=None, verbose_name='what it became')),
                ('about', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='about')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('role', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.staffrole', verbose_name='role')),
            ],
            options={
                'verbose_name': 'change in what staff may do',
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['-at', '-id'], name='staff_changes_by_time')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('about__isnull', False), ('role', None)), models.Q(('about', None), ('role__isnull', False)), _connector='OR'), name='change_is_about_a_colleague_or_a_role')],
            },
        ),
        migrations.RunSQL(INSTALL, REMOVE),
    ]
