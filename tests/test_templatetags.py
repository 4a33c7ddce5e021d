import pytest
from django.template import Context, Template

from transcripts.templatetags import stt


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, ""),
        (0, "0:00"),
        (7.9, "0:07"),
        (61, "1:01"),
        (751, "12:31"),
        (3723.4, "1:02:03"),
        (36000, "10:00:00"),
    ],
)
def test_clock_shows_hours_only_where_there_are_any(seconds, shown):
    assert stt.clock(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, ""),
        (0.4, "0 seconds"),
        (61, "1 minute 1 second"),
        (3720, "1 hour 2 minutes"),
        (7322, "2 hours 2 minutes 2 seconds"),
    ],
)
def test_spoken_names_only_the_units_that_count(seconds, said):
    assert stt.spoken(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "estimate"),
    [
        (None, ""),
        (0, "a few seconds"),
        (9.9, "a few seconds"),
        (38, "about 40 s"),
        (54, "about 50 s"),
        (57, "about 1 min"),
        (361, "about 6 min"),
        (3300, "about 1 h"),
        (3599, "about 1 h"),
        (5400, "about 1 h 30 min"),
    ],
)
def test_about_rounds_to_what_an_estimate_is_worth(seconds, estimate):
    assert stt.about(seconds) == estimate


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (13, "13th"),
        (22, "22nd"),
        (112, "112th"),
    ],
)
def test_ordinal_ends_as_english_does(number, shown):
    assert stt.ordinal(number) == shown


def test_icon_is_drawn_from_the_sprite_and_hidden_from_screen_readers(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    drawn = Template("{% load stt %}{% icon 'play' %}").render(Context())
    assert f'href="/static/{stt.SPRITE}#play"' in drawn
    assert 'aria-hidden="true"' in drawn


def test_every_icon_that_a_template_names_is_in_the_sprite(settings):
    import re

    sprite = (settings.BASE_DIR / "static" / stt.SPRITE).read_text()
    templates = (settings.BASE_DIR / "templates").rglob("*.html")
    named = {name for path in templates for name in re.findall(r'{% icon "([\w-]+)"', path.read_text())}
    assert named
    assert {name for name in named if f'id="{name}"' not in sprite} == set()
