# Muster with an outside PostgreSQL (DATABASE_URL). Build: docker build -t muster .
# The root file system may be read-only; /var/lib/muster and /var/lib/muster/watch are the only places written to.

FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm install --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
COPY migrations ./migrations
RUN npm run build && npm prune --omit=dev --omit=optional --no-audit --no-fund

FROM node:22-bookworm-slim
ENV NODE_ENV=production \
    MUSTER_HOST=0.0.0.0 \
    MUSTER_PORT=8080 \
    MUSTER_DATA_DIR=/var/lib/muster \
    MUSTER_WATCH_DIR=/var/lib/muster/watch
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY bin ./bin
RUN mkdir -p /var/lib/muster/watch && chown -R node:node /var/lib/muster && ln -s /app/bin/muster.mjs /usr/local/bin/muster
USER node
VOLUME /var/lib/muster
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.MUSTER_PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "bin/muster.mjs"]
CMD ["serve"]
