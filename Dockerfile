FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements.txt ./
RUN pip install --quiet --require-hashes -r requirements.txt
COPY manage.py ./
COPY portal ./portal
COPY support ./support
COPY consent ./consent
COPY tenants ./tenants
COPY entra ./entra
COPY templates ./templates
COPY static ./static
# Collecting needs some key, and keeps nothing of it.
RUN SECRET_KEY=only-while-building python manage.py collectstatic --noinput --verbosity 0 \
    && python -m compileall -q portal support consent tenants entra

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin portal
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY --from=build /opt/venv /opt/venv
COPY --from=build --chown=portal:portal /app /app
COPY docker /app/docker
USER portal
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["python", "docker/healthcheck.py"]
ENTRYPOINT ["sh", "docker/entrypoint.sh"]
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0"]
