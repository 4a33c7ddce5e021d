"""The parts of allauth that we use; its e-mail lists and social accounts are not mounted."""

from allauth.account import views as allauth
from django.contrib.auth.decorators import login_required
from django.urls import path, re_path
from django.views.generic import RedirectView

from sttweb.accounts import views

to_settings = RedirectView.as_view(pattern_name="account_settings", http_method_names=["get", "head"])

urlpatterns = [
    path("", login_required(views.SettingsView.as_view()), name="account_settings"),
    path("signup/", views.SignupView.as_view(), name="account_signup"),
    path(
        "signup/code/",
        allauth.ConfirmEmailVerificationCodeView.as_view(),
        name="account_email_verification_sent",
    ),
    # Where allauth leads those who have no address to prove.
    path("address/", login_required(to_settings), name="account_email"),
    path("delete/", views.delete_account, name="account_delete"),
    path("login/", views.LoginView.as_view(), name="account_login"),
    path("logout/", allauth.logout, name="account_logout"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    path("password/change/", allauth.password_change, name="account_change_password"),
    path("password/reset/", allauth.password_reset, name="account_reset_password"),
    path("password/reset/done/", allauth.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        allauth.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        allauth.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
