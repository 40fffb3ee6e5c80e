# Suture as an application: gateway, console and workers from one image.
#
# Rebuild it for updates of Debian and Python: both are pinned by version, not by digest.
FROM python:3.13.7-slim-bookworm AS build
RUN pip install --no-cache-dir uv==0.13.8
WORKDIR /src
ENV UV_PROJECT_ENVIRONMENT=/opt/suture \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PYTHON_DOWNLOADS=never
# What others made changes less often than what we did: this layer is kept as long as the lock is.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --frozen --no-dev --no-install-project --extra postgresql
COPY suture suture
COPY integrations integrations
COPY activities activities
COPY workflows workflows
COPY workers workers
COPY evals evals
COPY apps apps
RUN uv sync --frozen --no-dev --no-editable --extra postgresql

FROM python:3.13.7-slim-bookworm
# Debian keeps only the newest version of a package, so git is not pinned: the base image is.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home suture \
    && install --directory --owner suture --group suture /var/lib/suture /var/lib/suture/artifacts
COPY --from=build /opt/suture /opt/suture
ENV PATH=/opt/suture/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SUTURE_STATE_DIR=/var/lib/suture \
    SUTURE_GATEWAY__HOST=0.0.0.0
# By number, so that Kubernetes can tell that it is not root.
USER 10001:10001
WORKDIR /var/lib/suture
VOLUME /var/lib/suture
EXPOSE 8700
ENTRYPOINT ["suture"]
CMD ["gateway"]
