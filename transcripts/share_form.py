"""What people fill in about links to their recordings."""

import re
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from transcripts.labels import clean_label
from transcripts.models import Recording, Share

EXPIRY = {"1": "In a day", "7": "In a week", "30": "In 30 days", "365": "In a year", "": "Never"}
_CLOCK = re.compile(r"(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,5}(?:\.\d{1,3})?)$")


class ClockField(forms.CharField):
    """A moment as 75, 1:15 or 1:02:03; empty for none."""

    def clean(self, value: Any) -> float | None:
        text = super().clean(value)
        if not text:
            return None
        match = _CLOCK.match(text)
        if match is None:
            raise ValidationError("Write it as minutes and seconds, for example 1:15.")
        hours, minutes, seconds = match.groups()
        return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)


class ShareForm(forms.ModelForm):
    expires = forms.ChoiceField(label="Ends", choices=list(EXPIRY.items()), required=False, initial="30")
    password = forms.CharField(
        label="Password",
        required=False,
        min_length=6,
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    start = ClockField(label="From", required=False, max_length=12)
    end = ClockField(label="To", required=False, max_length=12)

    class Meta:
        model = Share
        fields = ("label", "permission", "has_audio", "has_speakers", "shows_title", "can_embed")

    def __init__(self, *args: Any, recording: Recording, **kwargs: Any) -> None:
        kwargs["auto_id"] = "share-%s"
        super().__init__(*args, **kwargs)
        self.recording = recording
        self.instance.recording = recording

    def clean_label(self) -> str:
        return clean_label(self.cleaned_data["label"], 80)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        self._check_part(given.get("start"), given.get("end"))
        has_limits = any(given.get(name) is not None for name in ("start", "end"))
        has_limits |= not (given.get("has_audio") and given.get("has_speakers"))
        if given.get("permission") == Share.Permission.EDIT and has_limits:
            raise ValidationError(
                "Editors see the whole recording: share all of it, or let people only view it."
            )
        if given.get("password") and given.get("can_embed"):
            raise ValidationError(
                "A player in another site cannot ask for a password: leave one of them out."
            )
        return given

    def _check_part(self, start: float | None, end: float | None) -> None:
        duration = self.recording.duration
        if start is not None and (start >= (end if end is not None else duration or start + 1)):
            raise ValidationError("The part ends before it begins: give a later end.")
        if (start is not None or end is not None) and not self.recording.is_finished:
            raise ValidationError(
                "Parts can be shared once the recording is transcribed: wait, or share all of it."
            )

    def save(self, commit: bool = False) -> Share:
        """Return the link that was asked for, not saved: it has no token yet."""
        share = super().save(commit=False)
        share.start, share.end = self.cleaned_data["start"], self.cleaned_data["end"]
        if days := self.cleaned_data["expires"]:
            share.expires_at = timezone.now() + timedelta(days=int(days))
        return share
