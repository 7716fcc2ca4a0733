// S3 by versitygw, a gateway to a folder.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { cached } from './cache.mjs';
import { answersHttp } from './ports.mjs';
import { findProgram, runTool } from './run-tool.mjs';

const VERSION = '1.8.0';
const BUCKET = 'opspilot';

export const s3 = {
  name: 's3',
  title: 'S3 (versitygw)',
  ports: ['http'],

  async obtain(report) {
    const binary = await cached(`versitygw-${VERSION}`, async (folder) => {
      const go = findProgram('go', '/usr/local/go/bin');
      if (go === undefined)
        throw new Error('is built with Go, which is not installed (Debian: apt-get install golang)');
      report.say(`building versitygw ${VERSION} with Go, once, about 2 minutes on 2 cores`);
      await runTool(go, ['install', '-v', `github.com/versity/versitygw/cmd/versitygw@v${VERSION}`], {
        environment: { GOBIN: folder, CGO_ENABLED: '0' },
        onLine: report.passing,
      });
      return path.join(folder, 'versitygw');
    });
    return { version: VERSION, binary };
  },

  // To the gateway, a folder is a bucket.
  prepare: ({ folder }) => mkdir(path.join(folder, 'data', BUCKET), { recursive: true }),

  processes: [
    {
      name: 's3',
      program: ({ folder, ports, secret, installation }) => ({
        command: installation.binary,
        args: ['--quiet', '--port', `127.0.0.1:${ports.http}`, 'posix', path.join(folder, 'data')],
        environment: { ROOT_ACCESS_KEY: 'opspilot', ROOT_SECRET_KEY: secret },
      }),
    },
  ],

  isReady: ({ ports }) => answersHttp(`http://127.0.0.1:${ports.http}/`),
  url: ({ ports, secret }) => `http://opspilot:${secret}@127.0.0.1:${ports.http}`,
};
