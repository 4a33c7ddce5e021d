from django.db import migrations

from transcripts import search_schema


class Migration(migrations.Migration):
    dependencies = [("transcripts", "0010_library")]
    operations = [migrations.RunPython(search_schema.install, migrations.RunPython.noop)]
