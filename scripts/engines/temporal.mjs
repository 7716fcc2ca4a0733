// Temporal's dev server, found as the embedded mode finds it.
import { builtModule } from './built-module.mjs';
import { answersHttp } from './ports.mjs';
import { runTool } from './run-tool.mjs';

export const temporal = {
  name: 'temporal',
  title: 'Temporal',
  ports: ['grpc', 'ui'],

  async obtain(report) {
    const { findTemporalBinary } = await builtModule('apps/opspilot/src/find-temporal-binary.js');
    const progress = {
      detail: (text, weight) => (weight === 'passing' ? report.passing(text) : report.say(text)),
    };
    const binary = await findTemporalBinary(progress);
    return { version: /Server ([\d.]+)/.exec(await runTool(binary, ['--version']))?.[1] ?? '', binary };
  },

  prepare: async () => undefined,

  processes: [
    {
      name: 'temporal',
      program: ({ ports, installation }) => ({
        command: installation.binary,
        args: [
          ...['server', 'start-dev', '--ip', '127.0.0.1', '--log-level', 'error'],
          // Relative, because it becomes a part of a URL as it is: with a % or # in the folder's path it would be another file.
          ...['--db-filename', 'temporal.db'],
          ...['--port', String(ports.grpc), '--ui-port', String(ports.ui)],
          ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'],
        ],
      }),
    },
  ],

  // The page is served once the server behind it is up.
  isReady: async ({ ports }) =>
    answersHttp(`http://127.0.0.1:${ports.ui}/api/v1/namespaces/default`, { successOnly: true }),
  url: ({ ports }) => `127.0.0.1:${ports.grpc}`,
};
