from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "sttweb.accounts"
    label = "accounts"
