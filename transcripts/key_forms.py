"""What people fill in about API keys and webhooks."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils import timezone

from sttweb.accounts.keys import ALL_SCOPES
from sttweb.accounts.models import ApiKey
from transcripts import outbox
from transcripts.labels import clean_label
from transcripts.outbound import URL_LENGTH

EXPIRY = {"30": "In 30 days", "90": "In 90 days", "365": "In a year", "": "Never"}
SCOPES = {
    ApiKey.Scope.TRANSCRIBE: "Transcribe: send audio and get its text",
    ApiKey.Scope.READ: "Read: all your recordings and their text",
    ApiKey.Scope.MANAGE: "Manage: change, share and delete them, and webhooks",
}
MOST_HOURS = 10 * 365 * 24


class KeyForm(forms.Form):
    name = forms.CharField(
        max_length=100,
        label="Name",
        help_text="By which you tell it from others.",
        error_messages={"required": "Give it a name, by which you tell it from others."},
    )
    scopes = forms.MultipleChoiceField(
        choices=list(SCOPES.items()),
        initial=ALL_SCOPES,
        widget=forms.CheckboxSelectMultiple,
        label="It may",
        error_messages={"required": "Choose at least one thing that it may do."},
    )
    expires = forms.ChoiceField(choices=list(EXPIRY.items()), required=False, label="Ends", initial="")
    retention_hours = forms.IntegerField(
        min_value=1,
        max_value=MOST_HOURS,
        required=False,
        label="Delete after (hours)",
        help_text="Empty: what it sends stays.",
    )
    requests_per_minute = forms.IntegerField(min_value=1, required=False, label="Requests a minute")
    is_listed = forms.BooleanField(required=False, initial=True, label="Show what it sends in the library")

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id="key-%s")
        rate = self.fields["requests_per_minute"]
        rate.max_value = settings.STT_API_RATE  # type: ignore[attr-defined]
        rate.widget.attrs["max"] = settings.STT_API_RATE
        rate.help_text = f"Empty: {settings.STT_API_RATE}, as for all."

    def clean_name(self) -> str:
        name = clean_label(self.cleaned_data["name"], 100)
        if not name:
            raise forms.ValidationError("Give it a name, by which you tell it from others.")
        return name

    def clean_requests_per_minute(self) -> int | None:
        rate: int | None = self.cleaned_data["requests_per_minute"]
        if rate and rate > settings.STT_API_RATE:
            raise forms.ValidationError(f"More than {settings.STT_API_RATE} are not allowed here.")
        return rate

    @property
    def limits(self) -> dict[str, Any]:
        """What the key is limited to, as its row has it."""
        given = self.cleaned_data
        days = given["expires"]
        return {
            "expires_at": timezone.now() + timedelta(days=int(days)) if days else None,
            "retention_hours": given["retention_hours"],
            "requests_per_minute": given["requests_per_minute"],
            "is_listed": given["is_listed"],
        }


class WebhookForm(forms.Form):
    url = forms.CharField(
        max_length=URL_LENGTH,
        label="Address",
        widget=forms.TextInput(attrs={"type": "url", "inputmode": "url", "placeholder": "https://"}),
        error_messages={"required": "Give the address that is to be told."},
    )
    events = forms.MultipleChoiceField(
        choices=list(outbox.EVENTS.items()),
        initial=list(outbox.EVENTS),
        widget=forms.CheckboxSelectMultiple,
        label="It is told when",
        error_messages={"required": "Choose at least one thing that it is to be told of."},
    )

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id="webhook-%s")
