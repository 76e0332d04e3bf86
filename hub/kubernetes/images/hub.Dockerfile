# The chart's own image of the hub, with a JupyterHub above GHSA-c4gm-pwx9-9w8j, the sign-ins that are tested here,
# and the course's package: the hub's pages in both languages, the roster, campaigns side by side.
#     docker build -f hub/kubernetes/images/hub.Dockerfile -t registry.example/singmuk/hub:0.1.0 .
# Pin what you have tried: --build-arg HUB=quay.io/jupyterhub/k8s-hub:4.4.0@sha256:…
ARG HUB=quay.io/jupyterhub/k8s-hub:4.4.0
FROM ${HUB}
USER 0:0
WORKDIR /tmp/singmuk
COPY pyproject.toml requirements.lock hub/kubernetes/images/locked.py ./
# What these want in turn is in the chart's image; `pip check` stops the build where it is not.
RUN python locked.py hub > hub.lock \
 && pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r hub.lock \
 && pip check \
 && python -c "import jupyterhub, sys; sys.exit(jupyterhub.version_info[:3] < (5, 5, 4))" \
 && rm -r /tmp/singmuk/*
# Not installed, because most of it wants what a hub has no use for; what a hub does use wants what JupyterHub wants.
COPY singmuk /srv/singmuk/singmuk
ENV PYTHONPATH=/srv/singmuk
RUN python -B -c "import singmuk.hub.kubernetes.campaigns, singmuk.hub.kubernetes.people"
WORKDIR /srv/jupyterhub
USER 1000:1000
