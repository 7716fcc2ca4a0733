import { engineCheckName } from './engine-check-name';

const one = 'postgres://user:hunter2@10.0.0.7:5432/one';
const two = 'postgres://user:hunter2@10.0.0.8:5432/two';
const cache = 'memory:';
const objects = 'file:';

describe('engineCheckName', () => {
  it.each([
    [one, { catalog: one, logStore: one, metricStore: one, queue: one, cache, objects }, 'postgres'],
    [
      one,
      { catalog: one, logStore: two, metricStore: two, queue: one, cache, objects },
      'postgres catalog, queue',
    ],
    [
      two,
      { catalog: one, logStore: two, metricStore: two, queue: one, cache, objects },
      'postgres logs, metrics',
    ],
  ])('names %s by what it keeps, without its address', (url, urls, name) => {
    expect(engineCheckName('postgres', url, urls)).toBe(name);
  });
});
