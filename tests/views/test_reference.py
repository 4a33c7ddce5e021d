"""The pages that describe the API."""

import re

import pytest
from django.urls import reverse

from transcripts.api.examples import examples
from transcripts.api.own import reference
from transcripts.api.own.api import document

pytestmark = pytest.mark.django_db


def test_reference_describes_every_operation_and_every_shape_without_anothers_script(client):
    first = client.get(reverse("api_docs"))
    assert "script-src 'self'" in first["Content-Security-Policy"]
    html = first.content.decode()
    assert all(f"<code>{path}</code>" in html for path in document()["paths"])
    pages = [
        client.get(reverse("api_group", args=[group.slug])).content.decode() for group in reference.groups()
    ]
    anchors = {found for page in pages for found in re.findall(r'id="([^"]+)"', page)}
    for verbs in document()["paths"].values():
        for operation in verbs.values():
            assert operation["operationId"].replace("_", "-") in anchors
            assert operation["security"][0]["ApiKeyAuth"]
    for page in pages:
        assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))
        assert 'src="http' not in page
    assert client.get("/api/docs/nothing/").status_code == 404


def test_settings_lead_to_the_reference(alice_client):
    assert reverse("api_docs") in alice_client.get(reverse("account_settings")).content.decode()


def test_programs_are_shown_with_the_address_of_the_installation(client):
    page = client.get(reverse("api_clients"), headers={"host": "testserver"})
    html = page.content.decode()
    assert "OpenAI(base_url=&quot;http://testserver/v1&quot;" in html
    assert "127.0.0.1:8000" not in html
    assert html.count("<pre ") == len(examples())
