// Preloaded into threads that tests start from sources: compiles TypeScript as jest does for everything else.
/* global require */
// eslint-disable-next-line @typescript-eslint/no-require-imports -- a preload is CommonJS
const { transformFileSync } = require('@swc/core');

require.extensions['.ts'] = (module, filename) => {
  module._compile(transformFileSync(filename).code, filename);
};
