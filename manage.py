#!/usr/bin/env python
"""Django's command line."""

import os
import sys

from environs.exceptions import EnvError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sttweb.settings")
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except EnvError as error:
        sys.exit(f"A setting cannot be used: {error}. The file .env.example explains them all.")


if __name__ == "__main__":
    main()
