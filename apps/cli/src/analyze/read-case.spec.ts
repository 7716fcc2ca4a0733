import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { rankRootCauses } from '../../../../libs/analysis/src/rank-root-causes';
import { findCases } from './find-cases';
import { readCase } from './read-case';

const ALERT = 1_700_000_000;

function metricsCsv(fromSeconds: number, toSeconds: number, cpuAt: (second: number) => number): string {
  const rows = [];
  for (let second = fromSeconds; second < toSeconds; second += 5) {
    rows.push(
      `${ALERT + second},cart,${cpuAt(second) + (second % 3)},0.1`,
      `${ALERT + second},user,${20 + (second % 3)},`,
    );
  }
  return rows.join('\n');
}

describe('reading a root-cause case', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'case-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function write(name: string, text: string): Promise<void> {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, name.endsWith('.gz') ? gzipSync(text) : text);
  }

  const head = 'time,service,cpu,latency_s\n';
  const described = { case: 'c1', anomaly_time: ALERT, metrics: 'metrics.csv.gz' };

  it('ranks the service whose metrics departed after the alert', async () => {
    await write('c1/case.json', JSON.stringify({ ...described, candidates: ['cart', 'user'] }));
    await write('c1/metrics.csv.gz', head + metricsCsv(-600, 120, (second) => (second < 0 ? 20 : 95)));
    const { name, candidates, input } = await readCase(path.join(folder, 'c1/case.json'));
    expect([name, candidates]).toEqual(['c1', ['cart', 'user']]);
    expect(input.baseline).toEqual({ fromMs: (ALERT - 600) * 1000, toMs: ALERT * 1000 });
    expect(rankRootCauses(input).causes[0]).toMatchObject({
      serviceName: 'cart',
      signal: 'cpu',
      causeKind: 'resource',
    });
  });

  it('takes rows long after the incident for the normal period where none lie before it', async () => {
    await write('c1/case.json', JSON.stringify(described));
    await write(
      'c1/metrics.csv.gz',
      `${head}${metricsCsv(600, 1_200, () => 20)}\n${metricsCsv(0, 120, () => 95)}`,
    );
    const { input } = await readCase(path.join(folder, 'c1/case.json'));
    expect(input.incident.toMs).toBe((ALERT + 115) * 1000 + 1);
    expect(rankRootCauses(input).causes[0]?.serviceName).toBe('cart');
  });

  it('reads traces, logs, call latencies, topology, the normal period and the reference', async () => {
    await write('topology.json', '{"edges": [["web", "cart"]]}');
    await write('normal.csv', head + metricsCsv(-9_000, -8_000, () => 20));
    await write(
      'reference-a/traces.csv',
      'time,trace,span,parent,service,operation,duration_us\n1,t,s,,cart,/add,1500\n',
    );
    await write(
      'c1/edges.csv',
      `time,caller,callee,side,p50_s\n${ALERT},web,cart,client,0.2\n${ALERT},web,cart,other,0.2\n`,
    );
    await write(
      'c1/logs.csv',
      `time,service,trace,span,message\n${ALERT},cart,t,s,"ERROR  pool is empty, sorry"\n`,
    );
    await write('c1/metrics.csv.gz', head + metricsCsv(-10, 20, () => 20));
    const files = {
      logs: 'logs.csv',
      edges: 'edges.csv',
      normal: '../normal.csv',
      topology: '../topology.json',
      reference: '../reference-a',
    };
    const target = { service: 'web', metric: 'latency' };
    await write('c1/case.json', JSON.stringify({ ...described, ...files, target }));
    const { input } = await readCase(path.join(folder, 'c1/case.json'));
    expect(input.edges).toEqual([{ caller: 'web', callee: 'cart' }]);
    expect(input.symptom).toEqual({ serviceName: 'web', metricName: 'latency' });
    expect(input.series[0]?.reference?.length).toBe(200);
    expect(input.calls).toHaveLength(1);
    expect(input.logs).toEqual([
      {
        traceId: 't',
        spanId: 's',
        serviceName: 'cart',
        level: 'error',
        message: 'ERROR  pool is empty, sorry',
      },
    ]);
    expect(input.reference?.spans).toEqual([
      { traceId: 't', spanId: 's', serviceName: 'cart', operation: '/add', startMs: 1000, durationMs: 1.5 },
    ]);
  });

  it('finds all cases below a folder, and says which file is broken', async () => {
    await write('b/two/case.json', '{"case": 3}');
    await write('a/case.json', JSON.stringify({ case: 'a', anomaly_time: 1 }));
    expect((await findCases(folder)).map((file) => path.relative(folder, file))).toEqual([
      'a/case.json',
      'b/two/case.json',
    ]);
    await expect(readCase(path.join(folder, 'b/two/case.json'))).rejects.toThrow('b/two/case.json');
    const { input } = await readCase(path.join(folder, 'a/case.json'));
    expect(rankRootCauses(input).causes).toEqual([]);
  });

  it('names the fields that are wrong in one line', async () => {
    await write('case.json', JSON.stringify({ case: 'c1', target: { service: 'cart' } }));
    await expect(readCase(path.join(folder, 'case.json'))).rejects.toThrow(
      /case\.json is not readable as it should be: anomaly_time: .*; target\.metric: .*$/,
    );
  });
});
