# A seat: JupyterLab, the package and the released exercises, without a database driver, a web service or a key.
#     docker build -f hub/kubernetes/images/single-user.Dockerfile -t registry.example/singmuk/single-user:0.1.0 .
# Pin what you have tried: --build-arg BASE=python:3.11-slim-bookworm@sha256:…
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE} AS build
WORKDIR /build
COPY pyproject.toml requirements.lock README.md LICENSE hub/kubernetes/images/locked.py ./
# The part of requirements.lock that this image needs, each file by its hash.
RUN python locked.py single-user > single-user.lock \
 && python -m venv /opt/singmuk \
 && /opt/singmuk/bin/pip install --no-cache-dir --disable-pip-version-check --only-binary :all: --require-hashes -r single-user.lock
COPY singmuk singmuk
# What `singmuk hub plan` calculates with is part of the package.
COPY benchmarks/results/hub.json benchmarks/results/desk.json benchmarks/results/
RUN python locked.py build > build.lock \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --disable-pip-version-check --only-binary :all: --require-hashes -r build.lock \
 && /opt/build/bin/python -m hatchling build -t wheel -d dist \
 && /opt/singmuk/bin/pip install --no-cache-dir --disable-pip-version-check --no-index --no-deps dist/*.whl

FROM ${BASE}
RUN useradd --uid 1000 --user-group --create-home --shell /bin/bash jovyan
COPY --from=build /opt/singmuk /opt/singmuk
COPY exercises /srv/singmuk/exercises
ENV PATH=/opt/singmuk/bin:$PATH LANG=C.UTF-8 SINGMUK_RELEASES=/srv/singmuk/exercises
WORKDIR /home/jovyan
USER 1000:1000
EXPOSE 8888
CMD ["python", "-m", "singmuk.hub.seat"]
