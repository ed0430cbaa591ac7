"""The roof: settings, Celery, REST plumbing and the pages that join the rooms."""
