# Suture as an application: gateway, console and workers from one image.
FROM python:3.13-slim AS build
RUN pip install --no-cache-dir uv
WORKDIR /src
COPY pyproject.toml uv.lock README.md LICENSE ./
COPY suture suture
COPY integrations integrations
COPY activities activities
COPY workflows workflows
COPY workers workers
COPY apps apps
ENV UV_PROJECT_ENVIRONMENT=/opt/suture UV_LINK_MODE=copy
RUN uv sync --frozen --no-dev --no-editable --extra postgresql

FROM python:3.13-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home suture \
    && install --directory --owner suture --group suture /var/lib/suture
COPY --from=build /opt/suture /opt/suture
ENV PATH=/opt/suture/bin:$PATH \
    SUTURE_STATE_DIR=/var/lib/suture \
    SUTURE_GATEWAY__HOST=0.0.0.0
USER suture
WORKDIR /var/lib/suture
VOLUME /var/lib/suture
EXPOSE 8700
ENTRYPOINT ["suture"]
CMD ["gateway"]
