import { fingerprint } from '../../../analysis/src/fingerprint';
import { type Fingerprint, asId } from '../common/ids';

/** Names the pattern of a message; the same on every machine. */
export function fingerprintOf(message: string): Fingerprint {
  return asId<Fingerprint>(fingerprint(message));
}
