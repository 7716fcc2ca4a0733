import { asId, type ProjectId } from '../common/ids';
import { scopeOfProject } from '../projects/project-scope';
import type { LiveBatch } from './live-feed.port';
import { type LiveMessage, LiveReaders } from './live-readers';

const scope = scopeOfProject(asId<ProjectId>('p-1'));

function message(position: number, ...lines: readonly string[]): LiveMessage {
  return {
    projectId: scope.projectId,
    publisher: 'w-1',
    position,
    count: lines.length,
    records: lines.map((line) => ({ line, level: 'info', serviceName: 's', message: line })),
  };
}

/** A reader that gets on only when it is told to. */
function slowReader(readers: LiveReaders) {
  const batches: LiveBatch[] = [];
  const stop = new AbortController();
  const left: string[] = [];
  let proceed = (): void => undefined;
  const onBatch = (batch: LiveBatch) => {
    batches.push(batch);
    return new Promise<void>((resolve) => (proceed = resolve));
  };
  readers.add(scope, {}, onBatch, stop.signal, (projectId) => left.push(projectId));
  const next = async () => {
    proceed();
    await new Promise(setImmediate);
  };
  return { batches, stop, left, next };
}

describe('LiveReaders', () => {
  it('hands over what matches, and of other projects nothing', () => {
    const readers = new LiveReaders(10);
    const { batches } = slowReader(readers);
    readers.receive({ ...message(0, 'theirs'), projectId: asId<ProjectId>('p-2') });
    readers.receive(message(0, 'a', 'b'));
    expect(batches).toEqual([{ lines: ['a', 'b'], lost: 0 }]);
  });

  it('keeps the newest for a slow reader, and says how many it lost', async () => {
    const readers = new LiveReaders(2);
    const { batches, next } = slowReader(readers);
    readers.receive(message(0, 'a'));
    readers.receive(message(1, 'b', 'c', 'd', 'e'));
    await next();
    expect(batches).toEqual([
      { lines: ['a'], lost: 0 },
      { lines: ['d', 'e'], lost: 2 },
    ]);
  });

  it('finds out what was lost on the way, of each publisher by itself', async () => {
    const readers = new LiveReaders(10);
    const { batches, next } = slowReader(readers);
    readers.receive(message(100, 'a'));
    readers.receive(message(104, 'b'));
    readers.receive({ ...message(7, 'x'), publisher: 'w-2' });
    await next();
    expect(batches.at(-1)).toEqual({ lines: ['b', 'x'], lost: 3 });
  });

  it('counts nothing as lost where a publisher begins anew', async () => {
    const readers = new LiveReaders(10);
    const { batches, next } = slowReader(readers);
    readers.receive(message(100, 'a'));
    readers.receive(message(0, 'b'));
    await next();
    expect(batches.at(-1)).toEqual({ lines: ['b'], lost: 0 });
  });

  it('ends with its signal, or when the reader fails, and says when it was the last', async () => {
    const readers = new LiveReaders(10);
    const first = slowReader(readers);
    const second = slowReader(readers);
    first.stop.abort();
    expect(first.left).toEqual([]);
    readers.receive(message(0, 'a'));
    expect([first.batches.length, second.batches.length]).toEqual([0, 1]);
    second.stop.abort();
    expect(second.left).toEqual(['p-1']);
    const failed: string[] = [];
    const fail = () => Promise.reject(new Error('gone'));
    readers.add(scope, {}, fail, new AbortController().signal, (projectId) => failed.push(projectId));
    readers.receive(message(1, 'b'));
    await new Promise(setImmediate);
    expect(failed).toEqual(['p-1']);
    expect(readers.projectIds()).toEqual([]);
  });

  it('says whether a project is read after one who wanted to read it failed to', () => {
    const readers = new LiveReaders(10);
    const reader = slowReader(readers);
    const failed = readers.expect(scope.projectId);
    const failedLater = readers.expect(scope.projectId);
    expect(failed()).toBe(true);
    reader.stop.abort();
    expect(reader.left).toEqual([]);
    expect(failedLater()).toBe(false);
    expect(readers.projectIds()).toEqual([]);
  });
});
