// What the benchmark reports: the figures to reach, and measurements as rows. Pure functions.
import { ratioOf, significant } from './statistics.mjs';

/** The figures that were agreed upon. They hold for the ratio where there is a reference, else for the value. */
export const FIGURES = {
  production: {
    path: 'logs, production mode, HTTP to searchable',
    measure: 'records/s ÷ raw _bulk, batches of 1,000, same mapping and ids',
    must: 0.8,
    aim: 0.95,
  },
  productionPlain: {
    path: 'logs, production mode, HTTP to searchable',
    measure: 'records/s ÷ raw _bulk of 5,000 into the plain mapping',
    must: 1,
    aim: 1.3,
  },
  productionCpu: {
    path: 'logs, production mode',
    measure: 'CPU s per million records: ingest, broker, worker and catalog together',
    must: 7.5,
    aim: 4,
  },
  /** The same bounds as multiples of the pipeline that they were derived from: seconds depend on the machine. */
  productionCpuRatio: {
    path: 'logs, production mode',
    measure: 'CPU of all but OpenSearch ÷ bare pipeline that validates, s per million records',
    must: 1,
    aim: 4 / 7.5,
  },
  embedded: {
    path: 'logs, embedded mode, HTTP to searchable',
    measure: 'records/s ÷ raw _bulk of 5,000 into the plain mapping',
    must: 0.5,
    aim: 1,
  },
  samples: {
    path: 'samples, HTTP to stored',
    measure: 'samples/s ÷ raw COPY of 5,000 × 2',
    must: 0.35,
    aim: 0.6,
  },
  acceptSingles: {
    path: 'accept, one record a request, 64 connections',
    measure: 'requests/s ÷ bare server with the same broker, coalesced',
    must: 0.8,
    aim: 1,
  },
  acceptBatches: {
    path: 'accept, batches of 1,000, one core',
    measure: 'records/s',
    must: 100_000,
    aim: 250_000,
  },
  queries: { must: 1.3, aim: 1.1 },
  memory: { measure: 'peak memory, MB', must: 300, aim: 150 },
  growth: { measure: 'records/s at 10 M stored ÷ at 1 M', must: 0.85, aim: 0.95 },
};

/**
 * A row as it is written to JSON: {path, measure, value, reference, ratio, must, aim}. What a figure has no bound for, or a
 * measurement no reference, is null.
 */
export function toRow(figure, { path = figure.path, measure = figure.measure, value, reference }) {
  return {
    path,
    measure,
    value: significant(value) ?? null,
    reference: significant(reference) ?? null,
    ratio: significant(ratioOf(value, reference)) ?? null,
    must: figure.must ?? null,
    aim: figure.aim ?? null,
  };
}

/** A measurement that nothing was agreed about. */
export function plainRow(path, measure, value, reference) {
  return toRow({}, { path, measure, value, reference });
}

/** How a row stands to its figure: `aim`, `must`, `below`, or undefined where it has none. */
export function standingOf(row) {
  const judged = row.reference === null ? row.value : row.ratio;
  if (row.must === null || judged === null) return undefined;
  // Where less is better, the aim lies below what must be reached.
  const reaches = (limit) => (row.aim < row.must ? judged <= limit : judged >= limit);
  if (reaches(row.aim)) return 'aim';
  return reaches(row.must) ? 'must' : 'below';
}

/** Rows as cells of a table. */
export function toCells(rows) {
  return rows.map((row) => [
    row.path,
    row.measure,
    ...[row.value, row.reference, row.ratio, row.must, row.aim].map((cell) =>
      cell === null ? '' : cell.toLocaleString('en-US', { maximumFractionDigits: 3 }),
    ),
    { aim: 'reaches the aim', must: 'reaches what it must', below: 'BELOW' }[standingOf(row)] ?? '',
  ]);
}

export const TABLE_HEAD = ['path', 'measure', 'value', 'reference', 'ratio', 'must', 'aim', ''];
