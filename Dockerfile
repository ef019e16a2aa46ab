# Three stages: the browser bundle by Node, the binary by Go, and an image that
# holds the binary alone and runs it as nobody in particular.

FROM node:22-bookworm-slim AS web
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web/build web/build
COPY web/static web/static
RUN npm run build

FROM golang:1.26-bookworm AS server
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=web /src/web/static/dist web/static/dist
ARG VERSION=dev
# SQLite is pure Go: no C library is linked.
RUN CGO_ENABLED=0 go build -buildvcs=false -trimpath \
    -ldflags "-s -w -X main.version=${VERSION}" -o /piaohao ./cmd/server

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates curl \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin piaohao \
 && install -d -o piaohao -g piaohao -m 0700 /var/lib/piaohao /var/lib/piaohao/data
COPY --from=server /piaohao /usr/local/bin/piaohao
USER 10001:10001
# Relative paths of the configuration ("data/keyset.json") lie in the volume.
WORKDIR /var/lib/piaohao
VOLUME /var/lib/piaohao/data
EXPOSE 8080 9090
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:8080/healthz"]
ENTRYPOINT ["piaohao"]
CMD ["serve"]
