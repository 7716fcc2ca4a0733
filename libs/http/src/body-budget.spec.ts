import { fastify } from 'fastify';
import { OpsError } from '../../core/src/common/errors';
import { createMetricsRegistry } from '../../observability/src/metrics';
import { BodyBudget } from './body-budget';

describe('BodyBudget', () => {
  it('refuses what is too much at once, and has room again when an answer has been sent', async () => {
    const budget = new BodyBudget(100, createMetricsRegistry('test', { runtimeMetrics: false }));
    const instance = fastify();
    budget.watch(instance);
    let finish: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (finish = resolve));
    instance.get<{ Params: { bytes: string } }>('/hold/:bytes', async (request) => {
      budget.hold(request, Number(request.params.bytes));
      if (request.params.bytes === '80') await held;
      return 'ok';
    });
    instance.setErrorHandler((error, _request, reply) =>
      reply.code(error instanceof OpsError && error.kind === 'overloaded' ? 429 : 500).send('refused'),
    );

    await instance.ready();
    const first = instance.inject('/hold/80').then((answer) => answer);
    expect((await instance.inject('/hold/30')).statusCode).toBe(429);
    expect((await instance.inject('/hold/20')).statusCode).toBe(200);
    expect((await instance.inject('/hold/20')).statusCode).toBe(200);
    finish();
    expect((await first).statusCode).toBe(200);
    expect((await instance.inject('/hold/100')).statusCode).toBe(200);
    await instance.close();
  });
});
