# The chart's own image of the hub with a JupyterHub above GHSA-c4gm-pwx9-9w8j, and with the package for the roster.
#     docker build -f hub/kubernetes/images/hub.Dockerfile -t registry.example/singmuk/hub:0.1.0 .
# Pin what you have tried: --build-arg HUB=quay.io/jupyterhub/k8s-hub:4.4.0@sha256:…
ARG BASE=python:3.11-slim-bookworm
ARG HUB=quay.io/jupyterhub/k8s-hub:4.4.0
FROM ${BASE} AS build
WORKDIR /build
COPY pyproject.toml requirements.lock README.md LICENSE hub/kubernetes/images/locked.py ./
COPY singmuk singmuk
RUN python locked.py hub > hub.lock \
 && python locked.py build > build.lock \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --disable-pip-version-check --only-binary :all: --require-hashes -r build.lock \
 && /opt/build/bin/python -m hatchling build -t wheel -d dist

FROM ${HUB}
USER 0:0
COPY --from=build /build/hub.lock /build/dist /tmp/singmuk/
# What these want in turn is in the chart's image; `pip check` stops the build where it is not.
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r /tmp/singmuk/hub.lock \
 && pip check \
 && pip install --no-cache-dir --disable-pip-version-check --no-index --no-deps /tmp/singmuk/*.whl \
 && python -c "import jupyterhub, sys; sys.exit(jupyterhub.version_info[:3] < (5, 5, 4))" \
 && rm -r /tmp/singmuk
USER 1000:1000
