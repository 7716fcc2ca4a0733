import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

const { History } = temporal.api.history.v1;

const FOLDER = path.resolve(__dirname, '../replay/histories');

export interface RecordedHistory {
  readonly name: string;
  readonly workflowId: string;
  readonly history: temporal.api.history.v1.IHistory;
}

/**
 * Keeps the history of a real run in test/replay/histories/<name>.json, where replay.spec.ts replays it. Only when asked:
 * `OPSPILOT_RECORD_HISTORIES=true npx jest --selectProjects=engines --testPathPatterns test/replay`. Record anew when a
 * workflow is changed on purpose and no run of the old version is left anywhere; until then use patched() in the workflow.
 */
export async function recordHistory(client: Client, workflowId: string, name: string): Promise<void> {
  if (process.env['OPSPILOT_RECORD_HISTORIES'] !== 'true') return;
  const history = await client.workflow.getHandle(workflowId).fetchHistory();
  await mkdir(FOLDER, { recursive: true });
  const plain = History.toObject(History.fromObject(history), {
    longs: String,
    enums: String,
    bytes: String,
  });
  await writeFile(path.join(FOLDER, `${name}.json`), `${JSON.stringify(plain, withoutStacks, 1)}\n`);
}

/** A stack names files of the machine that recorded it, and no replay looks at it. */
function withoutStacks(key: string, value: unknown): unknown {
  return key === 'stackTrace' ? '' : value;
}

/** Every history that is kept, by name. */
export async function recordedHistories(): Promise<readonly RecordedHistory[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.json')).sort();
  return Promise.all(
    files.map(async (file) => {
      const plain = JSON.parse(await readFile(path.join(FOLDER, file), 'utf8')) as Record<string, unknown>;
      const history = History.fromObject(plain);
      const workflowId = history.events[0]?.workflowExecutionStartedEventAttributes?.workflowId;
      return { name: path.basename(file, '.json'), workflowId: workflowId ?? 'replayed', history };
    }),
  );
}
