from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate


class TranscriptsConfig(AppConfig):
    name = "transcripts"

    def ready(self) -> None:
        from transcripts import search_schema

        connection_created.connect(search_schema.connect)
        pre_migrate.connect(search_schema.before_migrating, sender=self)
        post_migrate.connect(search_schema.after_migrating, sender=self)
