# One image, roles by command: run, migrate, topics apply, schemas register, … Nothing in it is written at run time,
# so that it runs with a read-only root file system.
FROM python:3.13.9-slim-bookworm AS build
WORKDIR /build
COPY requirements/build.txt requirements/run.txt requirements/
RUN python -m pip install --no-cache-dir --require-hashes -r requirements/build.txt \
    && python -m venv /opt/ordercase \
    && /opt/ordercase/bin/python -m pip install --no-cache-dir --require-hashes -r requirements/run.txt
COPY . .
RUN python -m hatchling build --target wheel --directory dist \
    && /opt/ordercase/bin/python -m pip install --no-cache-dir --no-deps dist/*.whl \
    && /opt/ordercase/bin/python -m pip uninstall --yes pip

FROM python:3.13.9-slim-bookworm
LABEL org.opencontainers.image.title="ordercase" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/ordercase/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
COPY --from=build /opt/ordercase /opt/ordercase
# No home, no shell, no name that a host could share: only a number.
USER 10001:10001
WORKDIR /tmp
EXPOSE 8080
ENTRYPOINT ["ordercase"]
CMD ["run"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=6 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/health/live', timeout=2)"]
