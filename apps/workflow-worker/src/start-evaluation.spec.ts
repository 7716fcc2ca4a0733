import { newScope } from '../../../test/support/new-scope';
import { encodeEvaluationRequest } from '../../../libs/contracts/src/evaluation-request.message';
import { encodeLines, joinBatches } from '../../../libs/contracts/src/ndjson';
import type { EvaluationOrigin } from '../../../libs/core/src/alerting/evaluation-request';
import { startEvaluation } from './start-evaluation';

const NOW = Date.UTC(2026, 0, 15, 12);
const scope = newScope();
const request = (origin: EvaluationOrigin, secondsAgo: number) =>
  encodeEvaluationRequest({ origin, requestedAtMs: NOW - secondsAgo * 1000 });

class Starter {
  readonly started: [number, EvaluationOrigin][] = [];
  start(_scope: unknown, evaluateAtMs: number, origin: EvaluationOrigin) {
    const isNew = !this.started.some(([known]) => known === evaluateAtMs);
    if (isNew) this.started.push([evaluateAtMs, origin]);
    return Promise.resolve(isNew);
  }
}

describe('startEvaluation', () => {
  it('starts one evaluation for requests that come together, at the instant of the latest', async () => {
    const starter = new Starter();
    const batch = joinBatches([request('hint', 30), request('api', 1), request('hint', 20)]);
    expect(await startEvaluation(starter, scope, batch, 5000)).toEqual({
      written: 1,
      duplicates: 2,
      rejected: [],
    });
    expect(starter.started).toEqual([[NOW + 4000, 'api']]);
  });

  it('starts nothing for a request that is delivered again', async () => {
    const starter = new Starter();
    for (const written of [1, 0, 0])
      expect(await startEvaluation(starter, scope, request('api', 0), 5000)).toMatchObject({ written });
    expect(starter.started).toHaveLength(1);
  });

  it('rejects what is no request, and takes what is beside it', async () => {
    const starter = new Starter();
    const batch = joinBatches([encodeLines([{ level: 'error' }]), request('api', 0)]);
    expect(await startEvaluation(starter, scope, batch, 5000)).toEqual({
      written: 1,
      duplicates: 0,
      rejected: [{ index: 0, reason: 'is no evaluation request' }],
    });
    expect(await startEvaluation(starter, scope, encodeLines([{}]), 5000)).toMatchObject({ written: 0 });
  });
});
