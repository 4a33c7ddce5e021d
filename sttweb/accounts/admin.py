from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress, EmailConfirmation
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from sttweb.accounts.models import User
from transcripts import account_deletion
from transcripts.refusals import Refused

# One way in, with its limits on attempts.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

# A user has the one address of the account.
for model in (EmailAddress, EmailConfirmation):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    ordering = ("email",)
    list_display = ("email", "is_staff", "is_active", "date_joined", "last_login")
    list_filter = ("is_staff", "is_superuser", "is_active")
    search_fields = ("email",)
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Permissions", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "password1", "password2")}),)

    def save_model(self, request: HttpRequest, user: User, form: forms.ModelForm, change: bool) -> None:
        """Save, and forget former addresses, which allauth would go on accepting."""
        super().save_model(request, user, form, change)
        EmailAddress.objects.filter(user=user).exclude(email=user.email.lower()).delete()

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Leave out those that are deleted, of which something may be left for some minutes."""
        return super().get_queryset(request).filter(deleted_at=None)

    def get_deleted_objects(self, objs: Iterable[User], request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """Name what goes with each account by its number: not every word of every text, as Django would."""
        users = list(objs)
        named = [piece for user in users for piece in (str(user), account_deletion.what_goes(user))]
        lacking = set() if self.has_delete_permission(request) else {self.opts.verbose_name}
        return named, {self.opts.verbose_name_plural: len(users)}, lacking, []

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """Delete the account as its owner would, with all files that are its own."""
        account_deletion.begin(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            account_deletion.begin(user)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self._or_refuse(request, partial(super().delete_view, request, object_id, extra_context))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self._or_refuse(request, partial(super().changelist_view, request, extra_context))

    def _or_refuse(self, request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
        """Do all that a page asks for, or say why none of it is done."""
        try:
            with transaction.atomic():
                return view()
        except Refused as refused:
            self.message_user(request, str(refused), messages.ERROR)
            return redirect("admin:accounts_user_changelist")
