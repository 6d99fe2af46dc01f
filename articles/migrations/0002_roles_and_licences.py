from django.db import migrations

from newsroom.accounts import roles

LICENCES = [
    ("own-work", "Own work", "", False),
    ("agency", "Agency contract", "", False),
    ("handout", "Handout, editorial use", "", False),
    ("permission", "By permission of the maker", "", False),
    ("public-domain", "Public domain", "", False),
    ("cc0", "CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/", True),
    ("cc-by-4.0", "CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/", True),
    (
        "cc-by-sa-4.0",
        "CC BY-SA 4.0",
        "https://creativecommons.org/licenses/by-sa/4.0/",
        True,
    ),
]


def make_roles(apps, schema_editor):
    roles.apply(apps)


def make_licences(apps, schema_editor):
    licence = apps.get_model("articles", "Licence")
    for code, name, url, shown in LICENCES:
        licence.objects.get_or_create(
            code=code, defaults={"name": name, "url": url, "shown_in_credit": shown}
        )


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0001_initial"),
        ("publication", "0002_the_publication"),
        ("accounts", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunPython(make_roles, migrations.RunPython.noop),
        migrations.RunPython(make_licences, migrations.RunPython.noop),
    ]
