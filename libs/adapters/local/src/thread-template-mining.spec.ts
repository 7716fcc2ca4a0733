import path from 'node:path';
import { countTurns } from '../../../../test/support/count-turns';
import { clusterMessages } from '../../../core/src/logs/cluster-messages';
import { ThreadTemplateMining } from './thread-template-mining';

const execArgv = ['-r', path.resolve(__dirname, '../../../../test/support/typescript-in-threads.cjs')];

const messages = Array.from({ length: 300 }, (_, index) =>
  index % 3 === 0 ? `user ${index} logged in` : `job ${index} took ${index * 7} ms`,
);
/** Long messages, no two alike: about a second of work. */
const hardMessages = Array.from({ length: 800 }, (_, index) =>
  Array.from({ length: 140 }, (__, at) =>
    ((index + 7) * (at + 3) * 7919).toString(36).replace(/\d/g, 'q'),
  ).join(' '),
);
const learnRequest = {
  knownExamples: [],
  knownLeafIds: [],
  messages: hardMessages,
  maxTemplates: 2000,
};

describe('ThreadTemplateMining', () => {
  it('answers the same in a thread and without one', async () => {
    const inThread = await new ThreadTemplateMining({ maxInlineChars: 0, execArgv }).cluster(messages);
    expect(inThread).toEqual(clusterMessages(messages));
    expect(await new ThreadTemplateMining({ maxInlineChars: 1e6 }).cluster(messages)).toEqual(inThread);
    expect(inThread.map(({ count }) => count)).toEqual([200, 100]);
  });

  it('leaves the event loop free while it works', async () => {
    const mining = new ThreadTemplateMining({ execArgv });
    expect(await countTurns(mining.cluster(hardMessages))).toBeGreaterThan(100);
  });

  it('refuses what would wait behind too many', async () => {
    const mining = new ThreadTemplateMining({ maxInlineChars: 0, maxThreads: 1, maxWaiting: 1, execArgv });
    const [first, second, third] = [1, 2, 3].map(() => mining.cluster(messages));
    await expect(third).rejects.toMatchObject({ kind: 'overloaded', code: 'OPS_ANALYSIS_BUSY' });
    expect(await first).toEqual(await second);
  });

  it('stops when it is told to, and when it takes too long, and works on after that', async () => {
    const mining = new ThreadTemplateMining({ maxThreads: 1, execArgv });
    const stop = new AbortController();
    const stopped = mining.learn(learnRequest, stop.signal);
    stop.abort(new Error('cancelled'));
    await expect(stopped).rejects.toThrow('cancelled');
    const hasty = new ThreadTemplateMining({ timeoutMs: 1, execArgv });
    await expect(hasty.cluster(hardMessages)).rejects.toMatchObject({ code: 'OPS_ANALYSIS_TOO_LONG' });
    expect(await mining.cluster(messages)).toHaveLength(2);
  });
});
