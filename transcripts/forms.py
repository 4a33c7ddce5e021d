"""What people fill in."""

from typing import Any

from django import forms
from django.http import QueryDict

from transcripts.engine.languages import LANGUAGES
from transcripts.library import LENGTHS, STATES, Wish
from transcripts.models import Recording, Tag, Transcript

QUERY_LENGTH = 200
ANY = ("", "Any")
LABELS = {
    "active": "Under way",
    "short": "Under 5 minutes",
    "middle": "5 to 30 minutes",
    "long": "30 minutes to 2 hours",
    "longest": "2 hours and more",
}
ORDER_LABELS = {
    "": "Best match, then newest",
    "newest": "Newest first",
    "oldest": "Oldest first",
    "title": "By title",
    "longest": "Longest first",
    "shortest": "Shortest first",
}


def _choices(keys: Any) -> list[tuple[str, str]]:
    return [ANY, *((key, LABELS.get(key, key.title())) for key in keys)]


class LibraryForm(forms.Form):
    """How the library is narrowed down: its fields are the page's address."""

    q = forms.CharField(required=False)
    order = forms.ChoiceField(
        choices=ORDER_LABELS.items(),
        required=False,
        widget=forms.Select(attrs={"aria-label": "Order"}),
    )
    tag = forms.MultipleChoiceField(required=False, label="Tags", widget=forms.CheckboxSelectMultiple)
    after = forms.DateField(
        required=False, label="Added on or after", widget=forms.DateInput(attrs={"type": "date"})
    )
    before = forms.DateField(
        required=False, label="Added on or before", widget=forms.DateInput(attrs={"type": "date"})
    )
    language = forms.ChoiceField(required=False)
    state = forms.ChoiceField(choices=_choices(STATES), required=False)
    source = forms.ChoiceField(choices=[ANY, *Recording.Source.choices], required=False, label="Came from")
    length = forms.ChoiceField(choices=_choices(LENGTHS), required=False)
    speaker = forms.CharField(required=False, max_length=80, label="Speaker’s name")
    whose = forms.ChoiceField(
        choices=[("", "Everybody’s"), ("mine", "Mine"), ("shared", "Shared with me")], required=False
    )

    def __init__(self, data: QueryDict, user: Any) -> None:
        super().__init__(data, auto_id="filter-%s", label_suffix="")
        names = [(name, name) for name in Tag.objects.filter(owner=user).values_list("name", flat=True)]
        self.fields["tag"].choices = names  # type: ignore[attr-defined]
        self.fields["language"].choices = [ANY, *LANGUAGES.items()]  # type: ignore[attr-defined]

    def offer_languages_of(self, user: Any) -> None:
        """Offer those that the user's recordings are in. Others are understood all the same."""
        spoken = Transcript.objects.filter(recording__owner=user, base=None).order_by()
        codes = set(spoken.values_list("language", flat=True).distinct()) | {self.wish.language}
        named = sorted((LANGUAGES[code].title(), code) for code in codes if code in LANGUAGES)
        self.fields["language"].choices = [ANY, *((code, name) for name, code in named)]  # type: ignore[attr-defined]

    @property
    def wish(self) -> Wish:
        """What is asked for; what cannot be understood narrows nothing down."""
        self.is_valid()
        given = self.cleaned_data
        query = given.get("q", "").strip()[:QUERY_LENGTH]
        fields = {key: value for key, value in given.items() if key not in ("tag", "q")}
        return Wish(query=query, tags=tuple(given.get("tag", ())), **fields)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the words and the order is asked for."""
        return any(self.data.get(name) for name in self.fields if name not in ("q", "order"))
