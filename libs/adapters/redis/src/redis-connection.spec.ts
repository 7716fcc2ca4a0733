import { randomUUID } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { newScope } from '../../../../test/support/new-scope';
import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import { connectToTestRedis, openTestRedis, wayToRedis } from '../../../../test/support/test-redis';
import { waitFor } from '../../../../test/support/wait-for';
import { RedisQueryCache } from './redis-query-cache';
import { RedisRateLimiter } from './redis-rate-limiter';

const SCOPE = newScope();
const TIMEOUT_MS = 50;
const ONE = { capacity: 1, refillPerSecond: 0.001 };

/** A user who may do all, and an address that names them with the password `word`, whichever they have. */
async function createUser(url: string, password: string) {
  const { connection: admin } = await connectToTestRedis(url);
  const user = `test-${randomUUID()}`;
  const grant = (...rules: readonly string[]) => admin.run((client) => client.acl('SETUSER', user, ...rules));
  await grant('on', `>${password}`, '~*', '+@all');
  const address = new URL(url);
  address.username = user;
  address.password = 'word';
  const remove = async () => {
    await admin.run((client) => client.acl('DELUSER', user));
    await admin.close();
  };
  return { address: address.toString(), grant, remove };
}

describe('RedisConnection to what takes commands and does not answer', () => {
  let isSilent: (socket: Socket) => boolean;
  let isGone: boolean;
  let reply: string;
  let received: number;
  let sockets: Socket[];
  let server: Server;
  let opened: ReturnType<typeof openTestRedis>;

  beforeEach(async () => {
    [isSilent, isGone, reply, received, sockets] = [() => false, false, '+OK\r\n', 0, []];
    server = createServer((socket) => {
      sockets.push(socket.on('error', () => undefined));
      if (isGone) socket.destroy();
      let unanswered = 0;
      socket.on('data', (data) => {
        const commands = data.toString().match(/^\*\d/gm)?.length ?? 0;
        received += commands;
        unanswered += commands;
        if (isSilent(socket)) return;
        socket.write(reply.repeat(unanswered));
        unanswered = 0;
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    opened = openTestRedis(`redis://127.0.0.1:${(server.address() as AddressInfo).port}`, TIMEOUT_MS);
    await waitFor('an answer', ask);
    // A busy machine may have been too slow for the first one.
    sockets.splice(0, sockets.length - 1);
    opened.lines.length = 0;
  });
  afterEach(async () => {
    await opened.connection.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  const ask = () => opened.connection.run((client) => client.ping());
  const untilTold = () =>
    waitFor('the silence to be told', async () => {
      await ask();
      return opened.lines.some((line) => line.includes('does not answer')) || undefined;
    });

  it('sends it one command a second at most, and has callers wait for none of the others', async () => {
    isSilent = () => true;
    await untilTold();
    const receivedAtFirst = received;
    await waitFor('a first one', async () => {
      await ask();
      return received > receivedAtFirst || undefined;
    });
    const [receivedBefore, startedAt] = [received, performance.now()];
    for (let command = 0; command < 50; command++) expect(await ask()).toBeUndefined();
    const seconds = (performance.now() - startedAt) / 1000;
    expect(received - receivedBefore).toBeLessThanOrEqual(1 + seconds);
  });

  it('gives up a connection whose other end stays silent, and goes on over a new one', async () => {
    const [first] = sockets;
    let inVain = 0;
    isSilent = (socket) => socket === first && ++inVain > 0;
    await untilTold();
    const inVainBefore = inVain;
    expect(await waitFor('an answer over another connection', ask)).toBe('OK');
    expect(sockets).toHaveLength(2);
    expect(inVain - inVainBefore).toBe(5);
  });

  it('gives up a silent connection also where it is only looked at, as by a process that asks Redis for nothing', async () => {
    const [first] = sockets;
    isSilent = (socket) => socket === first;
    await waitFor('Redis to be up over another connection', async () =>
      (await opened.connection.state()) === 'up' ? true : undefined,
    );
    expect(sockets).toHaveLength(2);
  });

  it('gives up no connection for what was under way when the silence was seen', async () => {
    isSilent = () => true;
    const receivedAtFirst = received;
    const underWay: Promise<unknown>[] = [];
    await waitFor(
      'the silence to be told',
      () => {
        underWay.push(ask());
        return opened.lines.length > 0 || undefined;
      },
      { everyMs: 5 },
    );
    await Promise.all(underWay);
    // One more, to be sure: not one for each.
    expect(received - receivedAtFirst).toBeLessThanOrEqual(underWay.length + 1);
    const receivedBefore = received;
    await waitFor('another command', async () => {
      await ask();
      return received > receivedBefore || undefined;
    });
    expect(underWay.length).toBeGreaterThan(5);
    expect(sockets).toHaveLength(1);
  });

  it('says that Redis is back, and refuses, where a refusal is the first that it answers', async () => {
    isSilent = () => true;
    await untilTold();
    [isSilent, reply] = [() => false, '-ERR no\r\n'];
    const isTold = (words: string) => opened.lines.some((line) => line.includes(words)) || undefined;
    await waitFor('Redis to be back', async () => {
      await ask();
      return isTold('redis answers again');
    });
    await waitFor('the refusal to be told', () => isTold('redis refuses commands'), { deadlineMs: 10_000 });
  });

  it('is up where one answer comes late, and says nothing', async () => {
    let looks = 0;
    isSilent = () => looks++ === 0;
    expect(await opened.connection.state()).toBe('up');
    looks = 0;
    expect(await ask()).toBeUndefined();
    expect(await waitFor('the next answer', ask)).toBe('OK');
    expect(opened.lines).toEqual([]);
  });

  it('sees a second silence as well, and its end by a look at it alone', async () => {
    for (let silence = 1; silence <= 2; silence++) {
      isSilent = () => true;
      await untilTold();
      isSilent = () => false;
      expect(await opened.connection.state()).toBe('up');
      expect(opened.lines.splice(0)).toEqual([
        expect.stringContaining('redis does not answer'),
        expect.stringContaining('redis answers again'),
      ]);
    }
  });

  it('tells once that a connection was closed and is there again, also where nothing is asked', async () => {
    isGone = true;
    for (const socket of sockets) socket.destroy();
    await waitFor('some to be closed at once', () => sockets.length > 3 || undefined);
    isGone = false;
    await waitFor('both to be told', () => opened.lines.length > 1 || undefined);
    expect(opened.lines).toEqual([
      expect.stringContaining('redis does not answer'),
      expect.stringContaining('redis answers again'),
    ]);
  });

  it('tells nothing of a connection that it was told to close', async () => {
    await opened.connection.close();
    await waitFor('it to be closed', () => sockets.every(({ destroyed }) => destroyed) || undefined);
    expect(opened.lines).toEqual([]);
  });
});

describe('RedisConnection to where nobody listens', () => {
  it('says that it is down, and not that it is refused', async () => {
    const { connection, lines } = openTestRedis('redis://127.0.0.1:1', 200);
    try {
      await waitFor('it to be told', () => lines.length > 0 || undefined);
      expect(await connection.state()).toBe('down');
      await expect(connection.check()).rejects.toThrow(
        /^does not answer: start it, or correct CACHE_URL; limits/,
      );
    } finally {
      await connection.close();
    }
  });
});

describeWithEngine('redis', 'RedisConnection', (url) => {
  it.each(['cut', 'silenced'])(
    'admits and finds nothing while Redis is %s, says so once, and goes on by itself when it is back',
    async (how) => {
      const way = await wayToRedis(url);
      const { connection, lines, metrics } = openTestRedis(way.url, 200);
      const limiter = new RedisRateLimiter(connection);
      const cache = new RedisQueryCache(connection, 1000);
      const subject = randomUUID();
      const isEnforced = async () => {
        await limiter.take(SCOPE, subject, ONE);
        return (await limiter.take(SCOPE, subject, ONE)).isAdmitted ? undefined : true;
      };
      try {
        await waitFor('limits to be enforced', isEnforced);
        await cache.set(SCOPE, subject, 'kept', 600_000);
        expect(await cache.get(SCOPE, subject)).toBe('kept');
        const linesBefore = lines.length;

        if (how === 'cut') await way.cut();
        else way.silence();
        await waitFor('the fault to be seen', async () =>
          (await limiter.take(SCOPE, subject, ONE)).isAdmitted ? true : undefined,
        );
        for (let request = 0; request < 200; request++) {
          expect(await limiter.take(SCOPE, subject, ONE)).toEqual({
            isAdmitted: true,
            remaining: 1,
            retryAfterMs: 0,
          });
          expect(await cache.get(SCOPE, subject)).toBeUndefined();
          await cache.set(SCOPE, subject, 'lost', 600_000);
        }
        await expect(connection.check()).rejects.toMatchObject({ kind: 'unavailable' });
        expect(await connection.state()).toBe('down');
        expect(lines.slice(linesBefore)).toEqual([expect.stringContaining('redis does not answer')]);
        expect(await metrics.total('opspilot_redis_unanswered_total')).toBeGreaterThanOrEqual(600);

        if (how === 'cut') await way.mend();
        else way.resume();
        await waitFor('limits to be enforced again', isEnforced);
        expect(lines.slice(linesBefore + 1)).toEqual([expect.stringContaining('redis answers again')]);
        expect(await connection.check()).toBeUndefined();
        expect(await connection.state()).toBe('up');
      } finally {
        await connection.close();
        await way.cut();
      }
    },
  );

  it.each([
    ['write', '-@write', '+@write'],
    ['script', '-@scripting', '+@scripting'],
    ['command at all', '-@all', '+@all'],
  ])(
    'says once that Redis answers and takes no %s, and shows it until it does again',
    async (_, denied, granted) => {
      const { address, grant, remove } = await createUser(url, 'word');
      const { connection, lines } = await connectToTestRedis(address);
      await grant(denied);
      const limiter = new RedisRateLimiter(connection);
      try {
        lines.length = 0;
        for (let request = 0; request < 20; request++)
          expect((await limiter.take(SCOPE, 'any', ONE)).isAdmitted).toBe(true);
        for (let look = 0; look < 3; look++) {
          await expect(connection.check()).rejects.toThrow(
            /^does not do what it is for .*limits are not enforced/,
          );
          expect((await limiter.take(SCOPE, 'any', ONE)).isAdmitted).toBe(true);
        }
        expect(lines).toEqual([expect.stringContaining('redis refuses commands')]);
        expect(await connection.state()).toBe('refused');
        await grant(granted);
        await connection.check();
        expect(lines.slice(1)).toEqual([expect.stringContaining('redis takes commands again')]);
      } finally {
        await connection.close();
        await remove();
      }
    },
  );

  it('is shown by a name without blanks, which Redis would not take', async () => {
    const { connection } = await connectToTestRedis(url);
    try {
      expect(await connection.run((client) => client.client('GETNAME'))).toBe('opspilot-test');
    } finally {
      await connection.close();
    }
  });

  it('says what to do where CACHE_URL has no password for a Redis that has one', async () => {
    const without = new URL(url);
    without.password = '';
    const { connection, lines } = openTestRedis(without.toString(), 200);
    try {
      await waitFor('the refusal to be told', () => lines.length > 0 || undefined);
      expect(await connection.state()).toBe('refused');
      await expect(connection.check()).rejects.toThrow(/^refuses the password in CACHE_URL/);
    } finally {
      await connection.close();
    }
  });

  it('forgets that it was refused when it is let in', async () => {
    const { address, grant, remove } = await createUser(url, 'another');
    const { connection } = openTestRedis(address);
    try {
      await waitFor('the refusal', async () => (await connection.state()) === 'refused' || undefined);
      await grant('>word');
      await waitFor('to be let in', async () => (await connection.state()) === 'up' || undefined);
      await grant('-@all');
      await expect(connection.check()).rejects.toThrow(/^does not do what it is for/);
    } finally {
      await connection.close();
      await remove();
    }
  });

  it('takes a Redis that refuses the password for one that does not answer, and never writes the password', async () => {
    const refused = new URL(url);
    refused.username = 'nobody';
    refused.password = 'hunter2';
    const { connection, lines } = openTestRedis(refused.toString(), 200);
    try {
      await waitFor('the refusal to be told', () => (lines.length > 0 ? true : undefined));
      // Before anything is asked of it: some roles never do.
      expect(await connection.state()).toBe('refused');
      const decision = await new RedisRateLimiter(connection).take(SCOPE, 'any', ONE);
      expect(decision.isAdmitted).toBe(true);
      expect(lines.join()).not.toContain('hunter2');
    } finally {
      await connection.close();
    }
  });
});
