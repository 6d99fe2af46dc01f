from django.db import migrations


def make_the_publication(apps, schema_editor):
    publication = apps.get_model("publication", "Publication")
    publication.objects.get_or_create(pk=1, defaults={"name": "Newsroom"})


class Migration(migrations.Migration):
    dependencies = [("publication", "0001_initial")]

    operations = [
        migrations.RunPython(make_the_publication, migrations.RunPython.noop)
    ]
