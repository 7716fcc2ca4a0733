import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDetector } from '../../../../libs/analysis/src/anomalies/create-detector';
import { judgePoints } from '../../../../libs/analysis/src/anomalies/judge-points';
import { anomalyReport } from './anomaly-report';
import { readSeries, SeriesFileError } from './read-series';

describe('readSeries', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'opspilot-series-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function read(text: string) {
    const file = path.join(folder, 'series.csv');
    await writeFile(file, text);
    return readSeries(file);
  }

  it('finds time and value by name, and keeps the cells as they were', async () => {
    const series = await read('label,Value,Timestamp\n0,1.50,2026-01-01 00:00:00\n1,,2026-01-01 00:05:00\n');
    expect(series.values).toEqual(['1.50', '']);
    expect(series.timestamps[1]).toBe('2026-01-01 00:05:00');
    expect(series.points[0]).toEqual({ atMs: Date.UTC(2026, 0, 1), value: 1.5 });
    expect(series.points[1]?.value).toBeNaN();
  });

  it.each(['', 'timestamp,value\n', 'value\n1\n', 'timestamp,value\nyesterday,1\n'])(
    'refuses what is no series: %j',
    async (text) => {
      await expect(read(text)).rejects.toThrow(SeriesFileError);
    },
  );

  it('lets no header of a file steer the terminal', async () => {
    await expect(read('\u001b[2J\u009btime,value\nyesterday,1\n')).rejects.toThrow(
      /in its column \[2J time$/,
    );
  });

  it('reports a series with its anomaly, and a short or strange one without failing', async () => {
    const report = (values: readonly number[]) => {
      const points = values.map((value, index) => ({ atMs: index * 60_000, value }));
      const timestamps = points.map(({ atMs }) => String(atMs));
      const judgements = judgePoints(points, createDetector('robust-z'));
      return anomalyReport({ name: 's', timestamps, judgements, method: 'robust-z/1', top: 5, columns: 60 });
    };
    const found = report(Array.from({ length: 100 }, (_, index) => (index === 70 ? 900 : index % 5)));
    expect(found).toContain('1 anomaly');
    expect(found).toContain('900 is above 2, the median of the last 70 points');
    expect(report([1])).toContain('too short to judge');
    expect(report([Number.NaN, Number.NaN])).toContain('no anomaly found');
    expect(report([1e308, -1e308, 5e-324, 0])).toContain('no anomaly found');
  });
});
