FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/app
WORKDIR /app

COPY requirements/postgres.txt requirements/
RUN pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: --requirement requirements/postgres.txt

COPY service service
COPY connectors connectors
COPY playbooks playbooks
RUN python -m compileall -q service connectors \
 && printf '#!/usr/local/bin/python\nimport sys\nfrom service.cli import main\nsys.exit(main())\n' > /usr/local/bin/exeunt \
 && chmod 755 /usr/local/bin/exeunt \
 && mkdir /etc/exeunt \
 && useradd --system --uid 10001 --home-dir /var/lib/exeunt --create-home exeunt

# exeunt.toml is looked for where the service starts; nothing but the data folder is ever written.
WORKDIR /etc/exeunt
ENV EXEUNT_SERVICE__HOST=0.0.0.0 EXEUNT_SERVICE__DATA_DIR=/var/lib/exeunt EXEUNT_PLAYBOOKS__FOLDER=/app/playbooks
VOLUME /var/lib/exeunt
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=4s --start-period=30s \
  CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
ENTRYPOINT ["exeunt"]
CMD ["serve"]
