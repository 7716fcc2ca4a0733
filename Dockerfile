# One image for every role; the command selects which.
FROM node:24-bookworm-slim AS build
WORKDIR /opspilot
COPY package.json package-lock.json .npmrc ./
RUN npm install --no-save
COPY . .
RUN node scripts/build.mjs && npm prune --omit=dev

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /opspilot
COPY --from=build /opspilot/package.json ./
COPY --from=build /opspilot/node_modules ./node_modules
COPY --from=build /opspilot/bin ./bin
COPY --from=build /opspilot/dist ./dist
COPY --from=build /opspilot/libs/adapters/postgres/migrations ./libs/adapters/postgres/migrations
# A volume mounted here takes over the owner.
RUN install -d -o node .opspilot .opspilot/objects
USER node
EXPOSE 3000
CMD ["node", "dist/apps/api/src/main.js"]
