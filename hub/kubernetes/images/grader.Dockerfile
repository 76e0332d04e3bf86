# The trainer's room and the formgrader: the package alone. The course with its keys is a volume that only this pod has.
#     docker build -f hub/kubernetes/images/grader.Dockerfile -t registry.example/singmuk/grader:0.1.0 .
# Pin what you have tried: --build-arg BASE=python:3.11-slim-bookworm@sha256:…
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE} AS build
WORKDIR /build
COPY pyproject.toml requirements.lock README.md LICENSE hub/kubernetes/images/locked.py ./
# The part of requirements.lock that this image needs, each file by its hash.
RUN python locked.py grader > grader.lock \
 && python -m venv /opt/singmuk \
 && /opt/singmuk/bin/pip install --no-cache-dir --disable-pip-version-check --only-binary :all: --require-hashes -r grader.lock
COPY singmuk singmuk
# What `singmuk hub plan` calculates with is part of the package.
COPY benchmarks/results/hub.json benchmarks/results/desk.json benchmarks/results/
RUN python locked.py build > build.lock \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --disable-pip-version-check --only-binary :all: --require-hashes -r build.lock \
 && /opt/build/bin/python -m hatchling build -t wheel -d dist \
 && /opt/singmuk/bin/pip install --no-cache-dir --disable-pip-version-check --no-index --no-deps dist/*.whl

FROM ${BASE}
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent singmuk
COPY --from=build /opt/singmuk /opt/singmuk
# nbgrader looks for a home when it is loaded, and any uid must have one.
ENV PATH=/opt/singmuk/bin:$PATH LANG=C.UTF-8 HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv/course
USER 10001:10001
EXPOSE 8510 8800
ENTRYPOINT ["singmuk"]
CMD ["room", "--hub", "--host", "0.0.0.0"]
