# docker build -t fmqa . && docker run --rm -p 127.0.0.1:7860:7860 -v fmqa:/data fmqa
FROM python:3.11-slim

RUN useradd --create-home --uid 1000 fmqa && mkdir /data && chown fmqa /data
WORKDIR /src
COPY pyproject.toml constraints.txt README.md ./
COPY src ./src
COPY corpus/notes ./corpus/notes
COPY corpus/seeds.toml ./corpus/seeds.toml
RUN pip install --no-cache-dir --prefer-binary --constraint constraints.txt ".[postgres,cluster]" && rm -rf /src
USER fmqa
WORKDIR /home/fmqa
ENV FMQA_HOME=/data FMQA_MODELS_DIR=/data/models PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 7860
# Inside a container the loopback interface is the container's own: the port is published by the
# engine, to 127.0.0.1 of the host in the line above.
CMD ["fmqa", "serve", "--host", "0.0.0.0", "--allow-remote"]
