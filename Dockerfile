# The image that Hotloop's Docker sandboxes start from: Python with pip in a virtual
# environment, git and a C compiler. Hotloop builds it as `hotloop-base` when it is missing; by hand:
#
#     docker build -t hotloop-base --build-arg BASE=python:3.12-slim .
#
# Packages are fetched only when BASE lacks something, so that a complete BASE builds offline.
ARG BASE=python:3.11-slim
FROM ${BASE}

USER root
RUN set -eu; \
    missing=""; \
    command -v git >/dev/null || missing="$missing git"; \
    command -v cc >/dev/null || missing="$missing gcc libc6-dev"; \
    python3 -c "import venv, ensurepip" 2>/dev/null || missing="$missing python3 python3-dev python3-venv"; \
    if [ -n "$missing" ]; then \
        apt-get update; \
        apt-get install -y --no-install-recommends ca-certificates $missing; \
        rm -rf /var/lib/apt/lists/*; \
    fi; \
    getent passwd 10001 >/dev/null || useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin hotloop; \
    python3 -m venv /opt/venv

ENV PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LABEL hotloop.base=1
USER hotloop
CMD ["python"]
