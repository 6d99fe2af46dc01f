from django.db import migrations

from newsroom.accounts import roles

APPEND_ONLY = """
CREATE FUNCTION support_ledger_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The ledger of gifts is append-only.';
END
$$;
CREATE TRIGGER support_ledger_is_kept
BEFORE UPDATE OR DELETE ON support_ledgerentry
FOR EACH ROW EXECUTE FUNCTION support_ledger_is_kept();
CREATE SEQUENCE support_receipt_number AS integer;
"""
CHANGEABLE = """
DROP TRIGGER support_ledger_is_kept ON support_ledgerentry;
DROP FUNCTION support_ledger_is_kept();
DROP SEQUENCE support_receipt_number;
"""


def make_asking(apps, schema_editor):
    apps.get_model("support", "Asking").objects.create(pk=1)


def make_roles(apps, schema_editor):
    roles.apply(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("support", "0001_initial"),
        ("newsletters", "0002_ledger_and_roles"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunSQL(APPEND_ONLY, CHANGEABLE),
        migrations.RunPython(make_asking, migrations.RunPython.noop),
        migrations.RunPython(make_roles, migrations.RunPython.noop),
    ]
