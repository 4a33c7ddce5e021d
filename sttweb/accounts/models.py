"""People who sign in. An account is known by its e-mail address alone."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import IntegrityError, models, transaction
from django.utils import timezone


class LowercaseEmailField(models.EmailField):
    """An address that is the same account however it is written."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value.lower() if isinstance(value, str) else value


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def promote_first(self, user: "User") -> bool:
        """Make the first account of the installation its administrator; return whether that was done.

        Two accounts made at one moment may each see no earlier one; the unique constraint lets one through.
        """
        if self.filter(pk__lt=user.pk, deleted_at=None).exists():
            return False
        user.is_first = user.is_staff = user.is_superuser = True
        try:
            with transaction.atomic():
                user.save(update_fields=["is_first", "is_staff", "is_superuser"])
        except IntegrityError:
            user.is_first = user.is_staff = user.is_superuser = False
            return False
        return True


class User(AbstractUser):
    username = None  # type: ignore[assignment]
    email = LowercaseEmailField("e-mail", unique=True)
    is_first = models.BooleanField("first account of this installation", default=False, editable=False)
    # What is its own goes after this, in the background, and then the row.
    deleted_at = models.DateTimeField(null=True, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta(AbstractUser.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("is_first",), condition=models.Q(is_first=True), name="one_first_account"
            ),
        )

    def __str__(self) -> str:
        return self.email

    @property
    def is_administrator(self) -> bool:
        return self.is_active and self.is_staff

    def close(self) -> None:
        """Let nobody in any more: sessions and API keys end with this. The address is free again."""
        self.deleted_at = timezone.now()
        # No address, so that nobody can sign up with it.
        self.email = f"deleted-{self.pk}"
        self.is_active = self.is_staff = self.is_superuser = self.is_first = False
        self.set_unusable_password()
        self.save()


class ApiKey(models.Model):
    """What a program shows instead of signing in. Only its hash is kept."""

    class Scope(models.TextChoices):
        TRANSCRIBE = "transcribe", "Transcribe"
        READ = "read", "Read"
        MANAGE = "manage", "Manage"

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    # The beginning of the key, by which people tell it from others.
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the key, in hexadecimal.")
    scopes = models.JSONField(default=list)
    is_listed = models.BooleanField(
        "in the library", default=True, help_text="Show what it sends in the library."
    )
    retention_hours = models.PositiveIntegerField(
        null=True, blank=True, help_text="Hours after which what it sent is deleted; empty for never."
    )
    requests_per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty for the installation's own limit."
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def may(self, scope: str) -> bool:
        return scope in self.scopes
