import { execFileSync } from 'node:child_process';
import { evaluateScript } from '../support/evaluate-script';

describe('npm run engines', () => {
  it('shows how to call the tool of its own RabbitMQ, which by itself finds only that of the package', async () => {
    const settings = JSON.stringify({ ports: { names: 4321 } });
    expect(await evaluateScript('engines/rabbitmq.mjs', `it.rabbitmq.tool('/with blank', ${settings})`)).toBe(
      "env HOME='/with blank' RABBITMQ_NODENAME=opspilot@localhost RABBITMQ_CONF_ENV_FILE='/with blank/rabbitmq-env.conf' ERL_EPMD_PORT=4321 /usr/lib/rabbitmq/bin/rabbitmqctl",
    );
  });

  it.each(['plain', 'with blank', "it's", '$(date) "`'])('hands a shell %s as it is', async (text) => {
    const word = String(
      await evaluateScript('engines/shell-word.mjs', `it.shellWord(${JSON.stringify(text)})`),
    );
    expect(execFileSync('sh', ['-c', `printf %s ${word}`], { encoding: 'utf8' })).toBe(text);
  });
});
