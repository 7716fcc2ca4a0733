import { newScope } from '../../../test/support/new-scope';
import { waitFor } from '../../../test/support/wait-for';
import type { LiveFeed, LiveFilter } from '../../core/src/logs/live-feed.port';
import type { ProjectScope } from '../../core/src/projects/project-scope';
import { encodeLines } from '../../contracts/src/ndjson';

/** One engine, on which nobody else publishes. */
export interface LiveFeedEngine {
  /** Another process's view of the same feed. Its readers keep LIVE_CONFORMANCE_BUFFER records. */
  open(): Promise<{ readonly feed: LiveFeed; close(): Promise<void> }>;
  end(): Promise<void>;
}

export const LIVE_CONFORMANCE_BUFFER = 50;

interface Line {
  readonly message: string;
  readonly level?: string;
  readonly service_name?: string;
}

/** What every LiveFeed promises. */
export function liveFeedConformance(name: string, start: () => Promise<LiveFeedEngine>): void {
  describe(`LiveFeed on ${name}`, () => {
    let engine: LiveFeedEngine;
    let publisher: LiveFeed;
    let feed: LiveFeed;
    let scope: ProjectScope;
    let stops: AbortController[] = [];
    const closers: (() => Promise<void>)[] = [];

    beforeAll(async () => {
      engine = await start();
      const first = await engine.open();
      const second = await engine.open();
      closers.push(first.close, second.close);
      publisher = first.feed;
      feed = second.feed;
    });
    beforeEach(() => {
      scope = newScope();
    });
    afterEach(() => {
      for (const stop of stops) stop.abort();
      stops = [];
    });
    afterAll(async () => {
      for (const close of closers) await close();
      await engine.end();
    });

    const publish = (lines: readonly Line[], to = scope) =>
      publisher.publish(
        to,
        encodeLines(lines.map((line) => ({ level: 'info', service_name: 'checkout', ...line }))),
      );

    /** Reads until the test ends. With `hold`, it does not get on before that resolves. */
    const read = async (filter: LiveFilter = {}, of = scope, hold?: Promise<void>) => {
      const seen = { messages: [] as string[], lost: 0, stop: new AbortController() };
      stops.push(seen.stop);
      const onBatch = async ({ lines, lost }: { lines: readonly string[]; lost: number }) => {
        const messages = lines.map((line) => (JSON.parse(line) as Line).message);
        seen.messages.push(...messages.filter((message) => message !== 'are you there'));
        seen.lost += lost;
        if (messages.includes('are you there')) heard();
        else await hold;
      };
      let heard = (): void => undefined;
      const isHeard = new Promise<void>((resolve) => (heard = resolve));
      await feed.subscribe(of, filter, onBatch, seen.stop.signal);
      if (Object.keys(filter).length > 0) return seen;
      // Best effort: a publisher may not have heard yet that somebody reads.
      let isThere = false;
      void isHeard.then(() => (isThere = true));
      await waitFor('the publisher to know of the reader', () => {
        if (!isThere) publish([{ message: 'are you there' }], of);
        return isThere ? true : undefined;
      });
      return seen;
    };

    const received = (seen: { readonly messages: readonly string[] }, last: string) =>
      waitFor(`the record ${last}`, () => (seen.messages.includes(last) ? true : undefined));

    it('shows to a reader in another process what is published while it reads', async () => {
      const seen = await read();
      publish([{ message: 'one' }, { message: 'two' }]);
      publish([{ message: 'three' }]);
      await received(seen, 'three');
      expect(seen.messages).toEqual(['one', 'two', 'three']);
      expect(seen.lost).toBe(0);
    });

    it('hands over the lines as they were written', async () => {
      await read();
      const lines: string[] = [];
      const stop = new AbortController();
      stops.push(stop);
      const onBatch = (batch: { readonly lines: readonly string[] }) => {
        lines.push(...batch.lines);
        return Promise.resolve();
      };
      await feed.subscribe(scope, { serviceName: 'ä' }, onBatch, stop.signal);
      const line = { level: 'error', service_name: 'ä', message: 'a\nb\u0000\u{1f600}', n: 1.5 };
      publish([line]);
      await waitFor('the line', () => (lines.length > 0 ? true : undefined));
      expect(lines).toEqual([JSON.stringify(line)]);
    });

    it('shows what comes to a reader that came while the last one before it left', async () => {
      const last = await read();
      const coming = read();
      last.stop.abort();
      const seen = await coming;
      publish([{ message: 'one' }]);
      await received(seen, 'one');
    });

    it('shows nothing of other projects', async () => {
      const theirs = newScope();
      const mine = await read();
      const others = await read({}, theirs);
      publish([{ message: 'theirs' }], theirs);
      publish([{ message: 'mine' }]);
      await received(mine, 'mine');
      await received(others, 'theirs');
      expect([mine.messages, others.messages]).toEqual([['mine'], ['theirs']]);
    });

    it('shows each reader what it asked for', async () => {
      const all = await read();
      const errors = await read({ levels: ['error'] });
      const cart = await read({ serviceName: 'cart' });
      const timeouts = await read({ search: 'TIMED' });
      publish([
        { message: 'a timed out', level: 'error' },
        { message: 'b timed out', service_name: 'cart' },
        { message: 'c' },
        { message: 'last timed', level: 'error', service_name: 'cart' },
      ]);
      for (const seen of [all, errors, cart, timeouts]) await received(seen, 'last timed');
      expect(errors.messages).toEqual(['a timed out', 'last timed']);
      expect(cart.messages).toEqual(['b timed out', 'last timed']);
      expect(timeouts.messages).toEqual(['a timed out', 'b timed out', 'last timed']);
      expect(all.messages).toHaveLength(4);
    });

    it('loses the oldest for a reader that is too slow, and tells it how many', async () => {
      let proceed = (): void => undefined;
      const hold = new Promise<void>((resolve) => (proceed = resolve));
      const quick = await read();
      const slow = await read({}, scope, hold);
      const count = LIVE_CONFORMANCE_BUFFER * 4;
      for (let index = 0; index < count; index++) publish([{ message: `${index}` }]);
      await received(quick, `${count - 1}`);
      proceed();
      await received(slow, `${count - 1}`);
      expect(slow.lost).toBeGreaterThan(0);
      expect(slow.messages.length + slow.lost).toBe(count);
      expect(slow.messages).toEqual([...new Set(slow.messages)]);
    });

    it('shows a record of any size or counts it as lost', async () => {
      const seen = await read();
      publish([{ message: 'before' }, { message: 'x'.repeat(200_000) }, { message: 'after' }]);
      await received(seen, 'after');
      expect(seen.messages.length + seen.lost).toBe(3);
      expect(seen.messages).toContain('before');
    });

    it('ends with its signal, and leaves other readers reading', async () => {
      const first = await read();
      const second = await read();
      first.stop.abort();
      publish([{ message: 'late' }]);
      await received(second, 'late');
      expect(first.messages).toEqual([]);
    });

    it('reads again after the last reader of the project has left', async () => {
      const first = await read();
      first.stop.abort();
      const second = await read();
      publish([{ message: 'again' }]);
      await received(second, 'again');
    });

    it('takes what nobody reads', () => {
      for (let index = 0; index < 1000; index++) publish([{ message: 'unread' }], newScope());
    });
  });
}
