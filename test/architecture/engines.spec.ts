import { execFileSync } from 'node:child_process';
import { evaluateScript } from '../support/evaluate-script';

describe('npm run engines', () => {
  it('shows how to call the tool of its own RabbitMQ, which by itself finds only that of the package', async () => {
    const settings = JSON.stringify({ ports: { names: 4321 } });
    expect(await evaluateScript('engines/rabbitmq.mjs', `it.rabbitmq.tool('/with blank', ${settings})`)).toBe(
      "env HOME='/with blank' RABBITMQ_NODENAME=opspilot@localhost RABBITMQ_CONF_ENV_FILE='/with blank/rabbitmq-env.conf' ERL_EPMD_PORT=4321 /usr/lib/rabbitmq/bin/rabbitmqctl",
    );
  });

  it('has OpenSearch keep temporary files in its own folder, which Java reads whatever its path holds', async () => {
    const context = JSON.stringify({ folder: `/a "b" it's`, installation: { home: '/o', javaHome: '/j' } });
    const program = `it.opensearch.processes[0].program(${context})`;
    const environment = await evaluateScript('engines/opensearch.mjs', `${program}.environment`);
    expect(environment).toMatchObject({
      OPENSEARCH_TMPDIR: `/a "b" it's/tmp`,
      JDK_JAVA_OPTIONS: `-XX:-UsePerfData "-Djava.io.tmpdir=/a "'"'"b"'"'" it's/tmp"`,
    });
  });

  it.each(['plain', 'with blank', "it's", '$(date) "`'])('hands a shell %s as it is', async (text) => {
    const word = String(
      await evaluateScript('engines/shell-word.mjs', `it.shellWord(${JSON.stringify(text)})`),
    );
    expect(execFileSync('sh', ['-c', `printf %s ${word}`], { encoding: 'utf8' })).toBe(text);
  });
});
