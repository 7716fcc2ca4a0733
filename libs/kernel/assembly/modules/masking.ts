/** What looks at messages: masking, fingerprints, hashes. */
import { endOfLine, startOfText } from '../fingerprint';
import { addToHash, beginHash, endHash } from '../hash64';
import { messageLength, startOfMessage } from '../message-codes';

export { beginMessage, endMessage } from '../message-codes';
export { mask, maskedPieces } from '../mask-message';
export { fingerprint } from '../fingerprint';
export { hexOfHash } from '../hash64';

export function firstLineStart(): i32 {
  return startOfText(messageLength());
}

export function firstLineEnd(): i32 {
  return endOfLine(firstLineStart(), messageLength());
}

/** Hashes the message, as it is, into `hexOfHash`. */
export function hashMessage(): void {
  beginHash(messageLength());
  addToHash(startOfMessage(), messageLength());
  endHash();
}
