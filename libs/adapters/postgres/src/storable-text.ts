const LONE_SURROGATES = /\p{Surrogate}/gu;
/** How JSON.stringify writes what PostgreSQL refuses. Also matches an escaped backslash before such letters: harmless. */
const SUSPECT_ESCAPES = /\\u0000|\\ud[89a-f]/;

/** PostgreSQL keeps neither NUL nor halves of surrogate pairs: each becomes U+FFFD, as a decoder would do it. */
export function storableText(text: string): string {
  return text.replaceAll('\0', '\ufffd').replace(LONE_SURROGATES, '\ufffd');
}

/** JSON that jsonb takes whatever the strings in it are. `undefined` becomes null. */
export function storableJson(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return SUSPECT_ESCAPES.test(text) ? JSON.stringify(cleaned(JSON.parse(text))) : text;
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [storableText(key), cleaned(inner)]));
}
