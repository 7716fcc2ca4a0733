import type { PointJudgement } from '../../../../libs/analysis/src/anomalies/anomaly';
import { formatValue } from '../../../../libs/analysis/src/anomalies/anomaly';

export interface ChartSize {
  readonly columns: number;
  readonly rows: number;
}

interface Column {
  readonly low: number;
  readonly high: number;
  readonly bandLow: number;
  readonly bandHigh: number;
  readonly isAnomalous: boolean;
}

const VALUE = '█';
const BAND = '░';
const EMPTY = ' ';
const MARK = '▲';
const AXIS_WIDTH = 11;

/**
 * A series as text: each column shows the range of its values (█) over the range in which they were expected (░), and a mark below the
 * columns in which an anomaly began (▲). The scale is that of the values.
 */
export function seriesChart(judgements: readonly PointJudgement[], size: ChartSize): readonly string[] {
  const points = judgements.filter(({ state }) => state !== 'missing' && state !== 'late');
  const columns = toColumns(points, Math.max(10, size.columns - AXIS_WIDTH - 1));
  if (columns.length === 0) return [];
  const least = Math.min(...columns.map(({ low }) => low));
  const most = Math.max(...columns.map(({ high }) => high));
  const span = most - least;
  const rowOf = (value: number): number =>
    span > 0 && Number.isFinite(span) ? Math.round(((value - least) / span) * (size.rows - 1)) : 0;
  const lines: string[] = [];
  for (let row = size.rows - 1; row >= 0; row -= 1) {
    const isLabelled = row === 0 || row === size.rows - 1;
    const label = isLabelled ? formatValue(row === 0 ? least : most) : '';
    const cells = columns.map((column) => cellAt(column, row, rowOf));
    lines.push(`${label.padStart(AXIS_WIDTH)} ${cells.join('')}`.trimEnd());
  }
  const marks = columns.map(({ isAnomalous }) => (isAnomalous ? MARK : EMPTY)).join('');
  lines.push(`${EMPTY.repeat(AXIS_WIDTH + 1)}${marks}`.trimEnd());
  return lines;
}

function cellAt(column: Column, row: number, rowOf: (value: number) => number): string {
  if (row >= rowOf(column.low) && row <= rowOf(column.high)) return VALUE;
  return row >= rowOf(column.bandLow) && row <= rowOf(column.bandHigh) ? BAND : EMPTY;
}

function toColumns(points: readonly PointJudgement[], most: number): readonly Column[] {
  const count = Math.min(most, points.length);
  const columns: Column[] = [];
  for (let index = 0; index < count; index += 1) {
    const from = Math.floor((index * points.length) / count);
    const to = Math.floor(((index + 1) * points.length) / count);
    columns.push(toColumn(points.slice(from, to)));
  }
  return columns;
}

function toColumn(points: readonly PointJudgement[]): Column {
  let low = Infinity;
  let high = -Infinity;
  let bandLow = Infinity;
  let bandHigh = -Infinity;
  for (const { value, band } of points) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    if (band === undefined) continue;
    bandLow = Math.min(bandLow, band.low);
    bandHigh = Math.max(bandHigh, band.high);
  }
  return { low, high, bandLow, bandHigh, isAnomalous: points.some(({ state }) => state === 'anomalous') };
}
