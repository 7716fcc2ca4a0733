/** Of the NDJSON that a dead letter holds. */
export const PREVIEW_BYTES = 500;

/** The first bytes as text. Cut by bytes, so the last character may be half of one, and is left out. */
export function previewOf(ndjson: Uint8Array): string {
  return new TextDecoder().decode(ndjson.subarray(0, PREVIEW_BYTES)).replace(/\uFFFD+$/, '');
}
