import { NoLanguageModel } from '../../libs/adapters/llm/src/no-language-model';
import { OpenSearchConnection } from '../../libs/adapters/opensearch/src/opensearch-connection';
import { OpenSearchLogStore } from '../../libs/adapters/opensearch/src/opensearch-log-store';
import { createLogger } from '../../libs/observability/src/logger';
import { type IncidentWorld, startIncidentWorld, transitionOf } from '../support/incident-world';
import { waitFor } from '../support/wait-for';
import { startSilentWire } from '../support/silent-wire';

/** Their investigations ask the log store for more at once than the worker has places for what is not gathered. */
const INCIDENTS = 40;

/** Of those that wait, whatever the limits of the worker are. */
const ASKED_AT_ONCE = 20;

let wire: Awaited<ReturnType<typeof startSilentWire>>;
let connection: OpenSearchConnection;
let world: IncidentWorld;

beforeAll(async () => {
  wire = await startSilentWire('http://127.0.0.1:9200', { isMute: true });
  connection = new OpenSearchConnection({ url: wire.url, timeoutMs: 30_000, connections: 100 });
  const logStore = new OpenSearchLogStore(connection, {
    indexPrefix: 'hangs',
    log: createLogger({ level: 'silent', role: 'test' }),
  });
  world = await startIncidentWorld({ languageModel: new NoLanguageModel(), logStore });
});
afterAll(async () => {
  await wire.close();
  await world.stop();
  await connection.close();
});

it('keeps nobody from acknowledging an incident, however many are being investigated', async () => {
  const scope = await world.newScope();
  const transitions = Array.from({ length: INCIDENTS }, (_, group) =>
    transitionOf(scope, { incidentGroup: `group ${group}` }),
  );
  await Promise.all(transitions.map((transition) => world.activities.deliverTransition(transition)));
  await waitFor('the log store to be asked', () => (wire.taken() >= ASKED_AT_ONCE ? true : undefined));
  for (const { episodeId } of transitions) {
    const incident = await world.incidentStore.findByEpisode(scope, episodeId);
    if (incident === undefined) throw new Error('no incident was opened');
    const acknowledged = await world.commands.acknowledge(scope, incident.id, {
      kind: 'person',
      name: 'ann',
    });
    expect(acknowledged.status).toBe('acknowledged');
  }
});
