import { fromFields } from './json-lines';
import type { LogFormat } from './log-format';

const KEY = /[ \t]*([A-Za-z_@][\w.@/-]{0,100})=/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
const BARE = /[^\s"]*/y;
const MAX_FIELDS = 500;

/** `time=… level=info msg="…" key=value`, as logrus, slog, Go kit, Grafana and Heroku write it. A line of which any part is something else is none. */
export const logfmt: LogFormat = {
  name: 'logfmt',
  isStrict: true,
  parse(line) {
    const fields = readPairs(line);
    if (fields === undefined) return undefined;
    const parsed = fromFields(fields);
    const hasMessage = ['msg', 'message', 'event', 'error', 'err'].some((key) => key in fields);
    return hasMessage && (parsed.time !== undefined || parsed.level !== undefined) ? parsed : undefined;
  },
};

function readPairs(line: string): Record<string, string> | undefined {
  const fields: Record<string, string> = {};
  let position = 0;
  for (let count = 0; position < line.length; count++) {
    KEY.lastIndex = position;
    const key = KEY.exec(line)?.[1];
    if (key === undefined) return line.slice(position).trim() === '' && count > 1 ? fields : undefined;
    if (count === MAX_FIELDS) return undefined;
    const shape = line.charAt(KEY.lastIndex) === '"' ? QUOTED : BARE;
    shape.lastIndex = KEY.lastIndex;
    const value = shape.exec(line);
    if (value === null) return undefined;
    fields[key] = shape === QUOTED ? unescape(value[1] ?? '') : value[0];
    position = shape.lastIndex;
  }
  return Object.keys(fields).length > 1 ? fields : undefined;
}

function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(.)/g, (_, character: string) =>
    character === 'n' ? '\n' : character === 't' ? '\t' : character,
  );
}
