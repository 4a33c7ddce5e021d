"""The settings page with the user's terms."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST
from django.views.generic import View

from transcripts import access, vocabulary
from transcripts.models import Term
from transcripts.refusals import Refused

PAGE_SIZE = 100
# Characters of a list that is pasted: all the terms that there may be, at their longest.
LIST_LENGTH = vocabulary.MAX_TERMS * (vocabulary.TERM_LENGTH + 2)


class Vocabulary(LoginRequiredMixin, View):
    """The list, and a form that adds one term a row."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        text = request.POST.get("terms", "")[:LIST_LENGTH]
        try:
            added = vocabulary.remember(request.user, text.splitlines())
        except Refused as refused:
            return self.show(request, status=refused.status, error=str(refused), text=text)
        messages.success(request, said(added))
        return redirect("vocabulary")

    def show(self, request: HttpRequest, status: int = 200, **facts: str) -> HttpResponse:
        terms = Term.objects.filter(owner=request.user.pk)
        page = Paginator(terms, PAGE_SIZE).get_page(request.GET.get("page"))
        context = {"page": page, "most": vocabulary.MAX_TERMS, **facts}
        return render(request, "transcripts/vocabulary.html", context, status=status)


def said(added: int) -> str:
    if not added:
        return "Nothing was added: all of this is in your vocabulary."
    return "One term was added." if added == 1 else f"{added} terms were added."


@require_POST
@login_required
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    term = access.term_own(request.user, pk)
    term.delete()
    messages.success(request, f"“{term.text}” was deleted from your vocabulary.")
    return redirect("vocabulary")
