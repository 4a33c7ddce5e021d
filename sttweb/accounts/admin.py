from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress, EmailConfirmation
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from sttweb.accounts.models import User
from transcripts import ingest
from transcripts.models import ApiFile, Recording

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

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """Delete the account with all files that are its own."""
        for recording in Recording.objects.filter(owner=obj):
            ingest.delete(recording)
        for file in ApiFile.objects.filter(owner=obj):
            transaction.on_commit(file.delete_files)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            self.delete_model(request, user)
