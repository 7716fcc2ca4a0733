const NEWLINE = 0x0a;
/** No record has it: the ids of records are longer. */
const NOBODY = 'sync';

/**
 * For each document of a bulk request a line behind all of them: a deletion, in the same shard, of what is not there. It changes nothing, but
 * OpenSearch acknowledges it only when its log of that shard is on disk, with everything that was written there before.
 */
export function syncLines(documents: readonly Buffer[]): Buffer {
  return Buffer.from(documents.map((document) => syncLine(document)).join(''));
}

function syncLine(document: Buffer): string {
  const action = JSON.parse(document.toString('utf8', 0, document.indexOf(NEWLINE))) as {
    readonly create: { readonly _index?: string; readonly _id?: string };
  };
  const { _index, _id } = action.create;
  return `${JSON.stringify({ delete: { _index, _id: NOBODY, routing: _id } })}\n`;
}
