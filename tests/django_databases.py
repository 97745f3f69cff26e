"""Databases of tests, as Django names them."""

from typing import Any

import django
from django.conf import settings
from sqlalchemy import URL


def django_database(url: URL, **options: str) -> dict[str, Any]:
    """The settings of the database at a URL of SQLAlchemy, in a Django that is set up. options: beside those in the URL."""
    if not settings.configured:
        settings.configure(LOGGING_CONFIG=None)
        django.setup()
    vendor = {"postgresql": "postgresql", "sqlite": "sqlite3"}[url.get_backend_name()]
    return {
        "ENGINE": f"django.db.backends.{vendor}",
        "NAME": url.database,
        "USER": url.username or "",
        "PASSWORD": url.password or "",
        "HOST": url.host or "",
        "PORT": url.port or "",
        "OPTIONS": {**url.query, **options},
    }
