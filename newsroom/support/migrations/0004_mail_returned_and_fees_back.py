from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("support", "0003_support_page")]

    operations = [
        migrations.AddField(
            model_name="giver",
            name="mail_returned_at",
            field=models.DateTimeField(
                blank=True, null=True, verbose_name="mail comes back since"
            ),
        ),
        migrations.RemoveConstraint(model_name="ledgerentry", name="ledger_entry_sign"),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                name="ledger_entry_sign",
                condition=models.Q(
                    ("amount_minor__gt", 0), ("kind__in", ["gift", "reinstated"])
                )
                | models.Q(("amount_minor__lt", 0), ("kind__in", ["refund", "dispute"]))
                | (models.Q(("kind", "fee")) & ~models.Q(("amount_minor", 0))),
            ),
        ),
    ]
