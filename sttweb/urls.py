from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("accounts/", include("sttweb.accounts.urls")),
    path("admin/", admin.site.urls),
    path("", include("transcripts.api.urls")),
    path("", include("transcripts.urls")),
]

handler500 = "sttweb.errors.server_error"
