import type { MinedFile } from './mine-file';

const WILDCARD = /<[a-z]+>/g;

/** LineId, ClusterId, Template: each message in order, its pattern after the last one, and the text of that with `<*>` for what varies. */
export function toPatternCsv(mined: MinedFile): string {
  const texts = new Map(mined.templates.map(({ id, text }) => [id, cell(text.replace(WILDCARD, '<*>'))]));
  const rows = mined.assignments.map(([line, id]) => `${cell(line)},${id},${texts.get(id) ?? ''}`);
  return `${['LineId,ClusterId,Template', ...rows].join('\n')}\n`;
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
