import { OpsError } from '../../core/src/common/errors';
import { locateJsonError } from './locate-json-error';

export const MAX_JSON_DEPTH = 200;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
/** `__proto__` as a name, with any of its characters escaped. */
const MAY_NAME_PROTO = /"(?:_|\\u005[fF]){2}(?:[a-zA-Z]|\\u00[0-9a-fA-F]{2}){5}(?:_|\\u005[fF]){2}"\s*:/;

/**
 * A JSON body as a value; undefined where it is empty. A byte order mark is skipped, bytes that are not UTF-8 become
 * U+FFFD (logs of real programs hold such bytes, and a batch must not fail for one), names `__proto__` are left out.
 * Errors: OpsError `invalid` with line and column, or for more than 200 levels of nesting.
 */
export function parseJsonBody(bytes: Buffer): unknown {
  const body = withoutByteOrderMark(bytes);
  const depthError = findTooDeep(body);
  if (depthError !== undefined) throw depthError;
  const text = body.toString('utf8');
  if (text.trim() === '') return undefined;
  try {
    return MAY_NAME_PROTO.test(text)
      ? JSON.parse(text, (name, value: unknown) => (name === '__proto__' ? undefined : value))
      : JSON.parse(text);
  } catch (cause) {
    throw malformed(text, cause);
  }
}

export function withoutByteOrderMark(body: Buffer): Buffer {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body;
}

function malformed(text: string, cause: unknown): OpsError {
  const location = locateJsonError(text);
  if (location === undefined) {
    return new OpsError('invalid', 'OPS_REQUEST_MALFORMED', 'the body is not valid JSON', { cause });
  }
  const where = `line ${location.line}, column ${location.column}`;
  return new OpsError(
    'invalid',
    'OPS_REQUEST_MALFORMED',
    `the body is not valid JSON: at ${where} (position ${location.position}) expected ${location.expected}`,
    {
      cause,
      fields: [{ field: 'body', reason: `is not valid JSON at ${where}`, allowed: location.expected }],
    },
  );
}

/** One pass over the bytes, before anything is built: whoever walks the value later may do so recursively. */
function findTooDeep(body: Buffer): OpsError | undefined {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < body.length; index += 1) {
    const byte = body[index];
    if (inString) {
      if (byte === BACKSLASH) index += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
      if (depth > MAX_JSON_DEPTH) return tooDeep(index);
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
  }
  return undefined;
}

function tooDeep(position: number): OpsError {
  return new OpsError(
    'invalid',
    'OPS_REQUEST_MALFORMED',
    `the body is nested deeper than ${MAX_JSON_DEPTH} levels at position ${position}`,
    {
      fields: [{ field: 'body', reason: 'is nested too deep', allowed: `at most ${MAX_JSON_DEPTH} levels` }],
    },
  );
}
