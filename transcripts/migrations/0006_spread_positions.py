from django.db import migrations
from django.db.models import F

# Beyond every position, so that none collides with one that is still to be changed.
BEYOND = 10**17


def spread(apps, schema_editor):
    """Leave room between segments: they were numbered from 1000 times their span without a gap."""
    segments = apps.get_model("transcripts", "Segment").objects.order_by()
    segments.update(position=BEYOND + F("position") * 1_000_000)
    segments.update(position=F("position") - BEYOND)


class Migration(migrations.Migration):
    dependencies = [("transcripts", "0005_workspace")]
    operations = [migrations.RunPython(spread, migrations.RunPython.noop)]
