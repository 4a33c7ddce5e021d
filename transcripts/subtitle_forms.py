"""The form of a subtitle profile."""

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from transcripts.models import SubtitleProfile

MAX_PROFILES = 20


def _number(label: str, least: float, most: float, initial: float, step: str) -> forms.FloatField:
    return forms.FloatField(
        label=label,
        initial=initial,
        validators=[MinValueValidator(least), MaxValueValidator(most)],
        widget=forms.NumberInput(attrs={"min": least, "max": most, "step": step}),
    )


class SubtitleProfileForm(forms.ModelForm):
    line_length = forms.IntegerField(label="Characters a line", initial=40, min_value=10, max_value=100)
    lines = forms.IntegerField(label="Lines", initial=2, min_value=1, max_value=4)
    reading_speed = _number("Characters a second", 5, 50, 18, "0.5")
    shortest = _number("Shortest (seconds)", 0.2, 5, 1, "any")
    longest = _number("Longest (seconds)", 1, 30, 7, "any")
    gap = _number("Gap between two (seconds)", 0, 2, 0.08, "any")

    class Meta:
        model = SubtitleProfile
        fields = ("name", "line_length", "lines", "reading_speed", "shortest", "longest", "gap")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if SubtitleProfile.objects.filter(owner=self.instance.owner, name=name).exists():
            raise forms.ValidationError("You have a profile of this name: choose another name.")
        return name

    def clean(self) -> None:
        shortest, longest = self.cleaned_data.get("shortest"), self.cleaned_data.get("longest")
        if shortest and longest and shortest >= longest:
            self.add_error("longest", "The longest must be longer than the shortest.")
