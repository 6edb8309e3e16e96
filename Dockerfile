# One image for each service, one to look after them (operations), and three for the local platform of
# docker-compose.yml (topics, tools, simulators). `docker build --target household .`
#
# The base is named by tag: its digest is for the registry to tell, and whoever builds a release pins it:
# --build-arg PYTHON=python:3.11-slim@sha256:...
ARG PYTHON=python:3.11-slim

FROM ${PYTHON} AS packages
WORKDIR /build
RUN python -m venv /opt/padan
COPY requirements/runtime.txt ./
# Wheels only: an image that needs a compiler today would fail differently tomorrow.
RUN /opt/padan/bin/python -m pip install --quiet --no-cache-dir --disable-pip-version-check --no-deps \
      --require-hashes --only-binary :all: -r runtime.txt \
 && /opt/padan/bin/python -m pip uninstall --quiet --yes pip

FROM ${PYTHON} AS sources
WORKDIR /src
COPY libs/events/src libs/runtime/src /src/libs/
COPY services/registry-ingest/src /src/registry-ingest/
COPY services/household/src /src/household/
COPY services/eligibility/src /src/eligibility/
COPY services/gateway/src /src/gateway/
COPY simulators/src /src/simulators/
COPY cli/src /src/cli/
# Compiled here, by the interpreter that will run it: the root file system of a container is read-only.
RUN python -m compileall -q /src

FROM ${PYTHON} AS base
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin padan \
 && install -d -o padan -g padan -m 0700 /var/lib/padan
COPY --from=packages /opt/padan /opt/padan
COPY --from=sources /src/libs /opt/padan/src
ENV PATH=/opt/padan/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONPATH=/opt/padan/src \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    TZ=UTC \
    LANG=C.UTF-8
WORKDIR /
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK NONE

# What answers over HTTP.
FROM base AS service
ENV PADAN_HTTP_HOST=0.0.0.0 PADAN_HTTP_PORT=8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=6 CMD ["python", "-m", "padan_runtime.livez"]

# And what keeps files beside that.
FROM service AS keeping
ENV PADAN_FOLDER=/var/lib/padan
VOLUME ["/var/lib/padan"]

FROM keeping AS registry-ingest
COPY --from=sources /src/registry-ingest /opt/padan/src
ENTRYPOINT ["python", "-m", "padan_registry_ingest"]

FROM service AS household
COPY --from=sources /src/household /opt/padan/src
ENTRYPOINT ["python", "-m", "padan_household"]

FROM keeping AS eligibility
COPY --from=sources /src/eligibility /opt/padan/src
ENTRYPOINT ["python", "-m", "padan_eligibility"]

FROM service AS gateway
COPY --from=sources /src/gateway /opt/padan/src
ENTRYPOINT ["python", "-m", "padan_gateway"]

# Creates the topics where no operator does.
FROM base AS topics
ENTRYPOINT ["python", "-m", "padan_events.create_topics"]

# The `padan` command for whoever runs the platform: parked, reconcile, rebuild. It is given one service's settings.
FROM base AS operations
COPY --from=sources /src/registry-ingest /src/household /src/eligibility /src/gateway /src/simulators /src/cli \
     /opt/padan/src/
ENTRYPOINT ["python", "-m", "padan_cli.main"]

# Mints secrets, makes databases and roles, signs development tokens: never for production.
FROM base AS tools
COPY --from=sources /src/gateway /src/cli /opt/padan/src/
ENTRYPOINT ["python", "-m", "padan_cli.containers"]

# The registers outside, for development: `... padan_simulators.barred_register`.
FROM keeping AS simulators
COPY --from=sources /src/simulators /opt/padan/src
ENTRYPOINT ["python", "-m"]
CMD ["padan_simulators.civil_registry"]
