// Redis of Debian, as a cache: nothing of it is kept on disk.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { aptInstall } from './apt.mjs';
import { answers } from './ports.mjs';
import { findProgram, runTool } from './run-tool.mjs';

const find = () => findProgram('redis-server', '/usr/bin', '/usr/local/bin');

export const redis = {
  name: 'redis',
  title: 'Redis',
  ports: ['redis'],

  async obtain(report) {
    if (find() === undefined) await aptInstall('redis-server', report);
    const binary = find();
    if (binary === undefined)
      throw new Error('the package redis-server was installed but has no redis-server');
    return { version: /v=([\d.]+)/.exec(await runTool(binary, ['--version']))?.[1] ?? '', binary };
  },

  async prepare({ folder, ports, secret }) {
    const configuration = [
      'bind 127.0.0.1',
      `port ${ports.redis}`,
      `requirepass ${secret}`,
      `dir "${folder.replace(/["\\]/g, '\\$&')}"`,
      'save ""',
      'appendonly no',
      'daemonize no',
    ];
    await writeFile(path.join(folder, 'redis.conf'), `${configuration.join('\n')}\n`, { mode: 0o600 });
  },

  processes: [
    {
      name: 'redis',
      program: ({ folder, installation }) => ({
        command: installation.binary,
        args: [path.join(folder, 'redis.conf')],
      }),
    },
  ],

  isReady: ({ ports }) => answers(ports.redis, 'PING\r\n'),
  url: ({ ports, secret }) => `redis://:${secret}@127.0.0.1:${ports.redis}`,
};
