"""How fast this installation transcribes, kept from the work it has done."""

from django.db import models


class Speed(models.Model):
    """Of one speech model: seconds of sound that were heard in seconds of work, the latest weighing most."""

    model = models.CharField(max_length=300, primary_key=True)
    sound = models.FloatField(default=0.0)
    work = models.FloatField(default=0.0)

    def __str__(self) -> str:
        return f"{self.model}: {self.sound:.0f} s in {self.work:.0f} s"
