import pc from 'picocolors';
import { labelPattern } from '../../../../libs/analysis/src/label-pattern';
import { OPERATIONAL_LABELS } from '../../../../libs/analysis/src/operational-labels';
import type { TemplateWildcard } from '../../../../libs/analysis/src/render-template';
import { plainText } from '../../../../libs/core/src/common/plain-text';
import { parseLevel } from '../../../../libs/core/src/logs/parse-level';
import type { MinedFile, MinedTemplate } from './mine-file';
import { sparkline } from './time-buckets';

export interface TableOptions {
  /** Patterns that are shown, the most frequent first. */
  readonly top: number;
  /** Characters of a line. */
  readonly width: number;
}

const TREND_CHARS = 24;
const INDENT = ' '.repeat(9);
const MAX_WILDCARDS = 4;
const MAX_VALUE_CHARS = 28;
const ERRORS = /^(?:f|e|fatal|err|error|crit|critical|emerg|alert|severe|failure|panic)/i;

/** Patterns as text for a terminal: three lines each, what varies under what is the same. */
export function toPatternTable(mined: MinedFile, { top, width }: TableOptions): string {
  const lines = [heading(mined), ''];
  for (const template of mined.templates.slice(0, top)) {
    lines.push(
      headLine(template, mined.messages),
      `${INDENT}${plainText(template.text, width - INDENT.length)}`,
    );
    const values = template.wildcards.slice(0, MAX_WILDCARDS).map(describeWildcard);
    if (values.length > 0) lines.push(pc.dim(cut(`${INDENT}${values.join(' · ')}`, width)));
    if (template.wildcards.length > 0)
      lines.push(pc.dim(cut(`${INDENT}e.g. ${plainText(template.example, width)}`, width)));
    lines.push('');
  }
  const rest = mined.templates.slice(top);
  if (rest.length > 0) {
    const count = rest.reduce((sum, template) => sum + template.count, 0);
    lines.push(
      `and ${counted(rest.length, 'more pattern')} with ${counted(count, 'message')} (${share(count, mined.messages)}); --top shows more`,
    );
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function heading({ messages, templates, range }: MinedFile): string {
  const span =
    range === undefined
      ? ''
      : `, ${new Date(range.fromMs).toISOString().slice(0, 19)}Z to ${new Date(range.toMs).toISOString().slice(0, 19)}Z`;
  return pc.bold(`${counted(messages, 'message')}, ${counted(templates.length, 'pattern')}${span}`);
}

function headLine(template: MinedTemplate, messages: number): string {
  const written = template.levels[0]?.[0] ?? '';
  // Syslog and pino write numbers.
  const level = /^\d+$/.test(written) ? (parseLevel(written) ?? written) : written;
  const labels = labelPattern(template, OPERATIONAL_LABELS);
  return [
    pc.bold(String(template.count).padStart(8)),
    share(template.count, messages).padStart(6),
    template.trend.length > 0 ? pc.cyan(sparkline(template.trend, TREND_CHARS).padEnd(TREND_CHARS)) : '',
    ERRORS.test(level) ? pc.red(level) : level,
    pc.yellow(labels.join(', ')),
    pc.dim(template.id),
  ]
    .filter((part) => part !== '')
    .join('  ')
    .trimEnd();
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function share(count: number, total: number): string {
  const percent = total === 0 ? 0 : (100 * count) / total;
  return `${percent >= 0.1 || percent === 0 ? percent.toFixed(1) : '<0.1'}%`;
}

/** "<num> 3 … 17", "<name> root 61%, news 20%, 5 in all". */
function describeWildcard({ kind, sampled, distinct, topValues, range }: TemplateWildcard): string {
  const name = `<${kind === 'any' ? '*' : kind}>`;
  if (range !== undefined && distinct > 3)
    return `${name} ${range[0]} … ${range[1]}${distinct > 30 ? '' : `, ${distinct} values`}`;
  const frequent = topValues.filter(([, count]) => count * 10 >= sampled).slice(0, 3);
  if (frequent.length === 0) return `${name} ${distinct} values`;
  const values = frequent.map(
    ([value, count]) => `${plainText(value, MAX_VALUE_CHARS)} ${Math.round((100 * count) / sampled)}%`,
  );
  return `${name} ${values.join(', ')}${distinct > frequent.length ? `, ${distinct} values` : ''}`;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(1, width - 1))}…`;
}
