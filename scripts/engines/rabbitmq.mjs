// RabbitMQ of Debian, as a node of its own: other name service, other ports, other data than the one that the package may run.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { aptInstall } from './apt.mjs';
import { answers } from './ports.mjs';
import { findProgram, runTool } from './run-tool.mjs';
import { shellWord } from './shell-word.mjs';

// Debian's /usr/sbin/rabbitmq-server would change the user and know only its own folders.
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const TOOL = '/usr/lib/rabbitmq/bin/rabbitmqctl';
const AMQP_GREETING = Buffer.from('AMQP\0\0\x09\x01', 'latin1');

export const rabbitmq = {
  name: 'rabbitmq',
  title: 'RabbitMQ',
  ports: ['amqp', 'distribution', 'names'],

  async obtain(report) {
    if (!existsSync(SERVER)) await aptInstall('rabbitmq-server', report);
    const version = await runTool('dpkg-query', ['-W', '-f', '${Version}', 'rabbitmq-server']).catch(
      () => '',
    );
    return { version: /^[\d.]+/.exec(version)?.[0] ?? '', epmd: findProgram('epmd', '/usr/bin') };
  },

  async prepare({ folder, ports, secret }) {
    const configuration = [
      `listeners.tcp.1 = 127.0.0.1:${ports.amqp}`,
      'default_user = opspilot',
      `default_pass = ${secret}`,
      'log.console = true',
      'log.console.level = warning',
      'log.file = false',
    ];
    await writeFile(path.join(folder, 'rabbitmq.conf'), `${configuration.join('\n')}\n`, { mode: 0o600 });
    await writeFile(path.join(folder, 'enabled_plugins'), '[].\n');
    await writeFile(path.join(folder, 'rabbitmq-env.conf'), '');
  },

  processes: [
    {
      name: 'epmd',
      program: ({ ports, installation }) => ({
        command: installation.epmd,
        args: ['-address', '127.0.0.1', '-port', String(ports.names)],
      }),
    },
    {
      name: 'rabbitmq',
      program: ({ folder, ports }) => ({
        command: SERVER,
        args: [],
        environment: environment(folder, ports),
      }),
    },
  ],

  isReady: ({ ports }) => answers(ports.amqp, AMQP_GREETING),
  /** To call in a shell, with a command such as list_queues: the tool finds only the node of the package by itself. */
  tool: (folder, { ports }) =>
    [
      'env',
      // Where the node left its cookie.
      `HOME=${shellWord(folder)}`,
      'RABBITMQ_NODENAME=opspilot@localhost',
      `RABBITMQ_CONF_ENV_FILE=${shellWord(path.join(folder, 'rabbitmq-env.conf'))}`,
      `ERL_EPMD_PORT=${ports.names}`,
      TOOL,
    ].join(' '),
  url: ({ ports, secret }) => `amqp://opspilot:${secret}@127.0.0.1:${ports.amqp}`,
};

const environment = (folder, ports) => ({
  RABBITMQ_NODENAME: 'opspilot@localhost',
  RABBITMQ_CONFIG_FILE: path.join(folder, 'rabbitmq.conf'),
  RABBITMQ_CONF_ENV_FILE: path.join(folder, 'rabbitmq-env.conf'),
  RABBITMQ_ENABLED_PLUGINS_FILE: path.join(folder, 'enabled_plugins'),
  RABBITMQ_MNESIA_BASE: path.join(folder, 'data'),
  RABBITMQ_LOG_BASE: path.join(folder, 'log'),
  RABBITMQ_DIST_PORT: String(ports.distribution),
  ERL_EPMD_PORT: String(ports.names),
  ERL_EPMD_ADDRESS: '127.0.0.1',
  // The script then becomes the node, and no shell stands between us and it.
  RUNNING_UNDER_SYSTEMD: 'true',
});
