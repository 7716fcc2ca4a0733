import path from 'node:path';
import { countTurns } from '../../../../test/support/count-turns';
import { rankRootCauses } from '../../../analysis/src/rank-root-causes';
import type { RootCauseInput } from '../../../analysis/src/root-cause';
import { ThreadCauseRanking } from './thread-cause-ranking';

const execArgv = ['-r', path.resolve(__dirname, '../../../../test/support/typescript-in-threads.cjs')];
const MINUTE = 60_000;

function inputOf(series: number): RootCauseInput {
  return {
    baseline: { fromMs: 0, toMs: 60 * MINUTE },
    incident: { fromMs: 60 * MINUTE, toMs: 80 * MINUTE },
    series: Array.from({ length: series }, (_, index) => ({
      ref: `m${index}`,
      serviceName: `s${index % 20}`,
      metricName: `latency_${Math.floor(index / 20)}`,
      points: Array.from({ length: 80 }, (__, minute) => ({
        atMs: minute * MINUTE,
        value: 100 + ((minute * 7 + index) % 13) + (minute >= 62 && index % 20 === 3 ? 500 : 0),
      })),
    })),
    patterns: [],
    changes: [],
    edges: [],
    alertedAtMs: 65 * MINUTE,
  };
}

const signal = new AbortController().signal;

describe('ThreadCauseRanking', () => {
  it('ranks the same in a thread and without one', async () => {
    const expected = rankRootCauses(inputOf(40));
    expect(expected.causes[0]?.serviceName).toBe('s3');
    expect(await new ThreadCauseRanking({ maxInlineItems: 0, execArgv }).rank(inputOf(40), signal)).toEqual(
      expected,
    );
    expect(await new ThreadCauseRanking({ maxInlineItems: 1e6 }).rank(inputOf(40), signal)).toEqual(expected);
  });

  it('leaves the event loop free while it works, and stops when it is told to', async () => {
    const ranking = new ThreadCauseRanking({ execArgv });
    expect(await countTurns(ranking.rank(inputOf(1000), signal))).toBeGreaterThan(100);
    const stop = new AbortController();
    const stopped = ranking.rank(inputOf(1000), stop.signal);
    stop.abort(new Error('cancelled'));
    await expect(stopped).rejects.toThrow('cancelled');
  });
});
