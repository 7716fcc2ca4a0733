import { type ModuleExports, loadModule } from './load-module';
import { MemoryView } from './memory-view';

interface Masking extends ModuleExports {
  beginMessage(codes: number): number;
  endMessage(): void;
  mask(start: number, end: number, maxChars: number): number;
  maskedPieces(): number;
  fingerprint(): void;
  firstLineStart(): number;
  firstLineEnd(): number;
  hashMessage(): void;
  hexOfHash(): number;
}

/** Of assembly/mask-message.ts. */
export const KEPT = 20;
export const PLACEHOLDER = 21;
const WORDS_PER_PIECE = 3;
const HEX_BYTES = 16;
const NO_LIMIT = 2 ** 31 - 1;
/** A message that takes more memory than this is rare: what it took is not kept. */
const MOST_KEPT_BYTES = 16 * 1024 * 1024;

let instance: { readonly module: Masking; readonly view: MemoryView } | undefined;

function loaded(): { readonly module: Masking; readonly view: MemoryView } {
  if (instance === undefined) {
    const module = loadModule<Masking>('masking');
    instance = { module, view: new MemoryView(module.memory) };
  }
  return instance;
}

/** Puts a message where the module looks at it. */
function begin(message: string): Masking {
  if (loaded().view.buffer.length > MOST_KEPT_BYTES) instance = undefined;
  const { module, view } = loaded();
  const at = module.beginMessage(message.length);
  // Inside, U+FFFF is what stands where there is no character; Unicode has no character with either number.
  view.buffer.write(message.replaceAll('\uffff', '\ufffe'), at, 'utf16le');
  module.endMessage();
  return module;
}

/** A part of a message: KEPT, a PLACEHOLDER of its own (which is kept as well), or the kind of what is masked. */
export type PieceTaker = (kind: number, start: number, end: number) => void;

/** Masks a message (see libs/analysis), and gives what becomes of it, in order. Ends with the piece with which the masked text has `maxChars`. */
export function maskPieces(message: string, maxChars: number, take: PieceTaker): void {
  const module = begin(message);
  const count = module.mask(0, message.length, Math.min(maxChars, NO_LIMIT));
  const { int32 } = loaded().view;
  const first = module.maskedPieces() / Int32Array.BYTES_PER_ELEMENT;
  for (let at = first; at < first + count * WORDS_PER_PIECE; at += WORDS_PER_PIECE)
    take(int32[at] ?? 0, int32[at + 1] ?? 0, int32[at + 2] ?? 0);
}

/** 16 hexadecimal characters; see libs/analysis. */
export function fingerprintOfMessage(message: string): string {
  begin(message).fingerprint();
  return readHex();
}

/** Where the first line with something on it begins and ends, without white space around it. */
export function firstLineOfMessage(message: string): { readonly start: number; readonly end: number } {
  const module = begin(message);
  return { start: module.firstLineStart(), end: module.firstLineEnd() };
}

/** 64 bits of a text, as 16 hexadecimal characters. */
export function hash64(text: string): string {
  begin(text).hashMessage();
  return readHex();
}

function readHex(): string {
  const { module, view } = loaded();
  const at = module.hexOfHash();
  return view.buffer.toString('latin1', at, at + HEX_BYTES);
}
