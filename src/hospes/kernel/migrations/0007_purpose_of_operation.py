from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0006_who_writes_the_journal'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='restriction',
            name='restriction_is_of_a_purpose_that_can_be_halted',
        ),
        migrations.AddConstraint(
            model_name='restriction',
            constraint=models.CheckConstraint(condition=models.Q(('purpose__in', ['complaints', 'contract', 'domains', 'dunning', 'feedback', 'improvement', 'insight', 'monitoring', 'newsletter', 'operation', 'support'])), name='restriction_is_of_a_purpose_that_can_be_halted'),
        ),
    ]
