from django.db import migrations

from newsroom.accounts import roles

APPEND_ONLY = """
CREATE FUNCTION newsletters_consent_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The consent ledger is append-only.';
END
$$;
CREATE TRIGGER newsletters_consent_is_kept
BEFORE UPDATE OR DELETE ON newsletters_consentevent
FOR EACH ROW EXECUTE FUNCTION newsletters_consent_is_kept();
"""
CHANGEABLE = """
DROP TRIGGER newsletters_consent_is_kept ON newsletters_consentevent;
DROP FUNCTION newsletters_consent_is_kept();
"""

CONSENT = (
    "I agree to receive the newsletters I chose, and to the [Privacy Policy]. "
    "I can leave at any time with one click."
)


def make_consent_text(apps, schema_editor):
    apps.get_model("newsletters", "ConsentText").objects.create(
        version=1, language="en", text=CONSENT
    )


def make_roles(apps, schema_editor):
    roles.apply(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("newsletters", "0001_initial"),
        ("articles", "0002_roles_and_licences"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunSQL(APPEND_ONLY, CHANGEABLE),
        migrations.RunPython(make_consent_text, migrations.RunPython.noop),
        migrations.RunPython(make_roles, migrations.RunPython.noop),
    ]
