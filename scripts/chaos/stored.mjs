import { requestOk } from './http.mjs';
import { waitUntil } from './wait.mjs';

const PAGE = 500;

/** Pages through everything and tells how often each number is there: `{ stored, different }`. */
async function countNumbers(api, path, listName, numberOf) {
  const seen = new Set();
  let stored = 0;
  let cursor;
  do {
    const query = new URLSearchParams({ limit: String(PAGE), ...(cursor !== undefined && { cursor }) });
    const body = await requestOk(`${api.url}${path}&${query}`, api.apiKey);
    for (const item of body[listName]) {
      stored++;
      seen.add(numberOf(item));
    }
    cursor = body.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return { stored, different: seen.size };
}

/** Waits until as many log records are stored as were accepted, or nothing more can be hoped for; then counts them. */
export async function storedLogs(api, range, accepted, deadlineMs) {
  const within = `start_time=${range.from}&end_time=${range.to}`;
  await waitUntil(
    'the queue to drain',
    async () => {
      const { total } = await requestOk(`${api.url}/api/logs/query?${within}&limit=0`, api.apiKey);
      return total >= accepted || undefined;
    },
    { deadlineMs, everyMs: 1000 },
  ).catch(() => undefined);
  return countNumbers(api, `/api/logs/query?${within}`, 'logs', ({ context }) => context.number);
}

/** Waits until nothing waits for the ingest worker or is held by it, so that what comes twice has come. */
export function queuesAreEmpty(worker, deadlineMs) {
  return waitUntil(
    'nothing to be left for the ingest worker',
    async () => {
      const text = await (await fetch(`${worker.url}/metrics`)).text();
      const waiting = text.match(/^opspilot_queue_messages\{.*/gm) ?? [];
      return (waiting.length > 0 && waiting.every((line) => line.endsWith(' 0'))) || undefined;
    },
    { deadlineMs },
  );
}

export function storedEvents(api, range) {
  return countNumbers(
    api,
    `/api/events?start_time=${range.from}&end_time=${range.to}`,
    'events',
    ({ title }) => title,
  );
}
