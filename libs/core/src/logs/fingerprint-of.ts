import { fingerprint, fingerprintOfPrintable } from '../../../analysis/src/fingerprint';
import { type Fingerprint, asId } from '../common/ids';
import { writeHex32 } from '../ingest/copy-bytes';

/** Names the pattern of a message; the same on every machine. */
export function fingerprintOf(message: string): Fingerprint {
  return asId<Fingerprint>(fingerprint(message));
}

/** Writes the same of the message that bytes of printable ASCII from `start` to before `end` are; the index behind it. */
export function writeFingerprintOfPrintable(
  target: DataView,
  targetAt: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const { high, low } = fingerprintOfPrintable(bytes, start, end);
  return writeHex32(target, writeHex32(target, targetAt, high), low);
}
