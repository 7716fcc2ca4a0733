import { scoreServices } from './score-services';
import type { SeriesProgress } from './stored-anomaly';

const series = (metricName: string, serviceName: string, ...scores: number[]): SeriesProgress => ({
  metricName,
  serviceName,
  tags: { pod: '1' },
  method: 'adaptive/1',
  judgedToMs: 0,
  recent: scores.map((score, index) => ({ atMs: index * 60_000, score })),
});

describe('scoreServices', () => {
  it('scores each service at each instant, with the loudest series, and leaves out what is calm', () => {
    const scores = scoreServices(
      [
        series('latency', 'api', 0, 0.8),
        series('errors', 'api', 0, 0.4),
        series('latency', 'cart', 0.01, 0.3),
      ],
      0,
    );
    expect(scores).toEqual([
      {
        serviceName: 'api',
        atMs: 60_000,
        score: expect.closeTo(0.7),
        series: 2,
        anomalous: 1,
        contributors: [
          { metricName: 'latency', tags: { pod: '1' }, score: 0.8 },
          { metricName: 'errors', tags: { pod: '1' }, score: 0.4 },
        ],
      },
      expect.objectContaining({ serviceName: 'cart', score: 0.3, anomalous: 0 }),
    ]);
  });

  it('gives scores in order of instants, and of services at each', () => {
    const scores = scoreServices([series('errors', 'web', 0.5, 0.6), series('errors', 'api', 0.7, 0.8)], 0);
    expect(scores.map(({ atMs, serviceName }) => [atMs, serviceName])).toEqual([
      [0, 'api'],
      [0, 'web'],
      [60_000, 'api'],
      [60_000, 'web'],
    ]);
  });

  it('leaves out what was scored before', () => {
    expect(scoreServices([series('latency', 'api', 0.9, 0.8)], 60_000).map(({ atMs }) => atMs)).toEqual([
      60_000,
    ]);
  });
});
