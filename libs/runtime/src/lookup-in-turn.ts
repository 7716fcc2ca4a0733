import { lookup as lookupAny } from 'node:dns';
import type { LookupFunction } from 'node:net';

/**
 * Looks up names as sockets do by themselves, but each time begins with the next of a name's addresses. Where one name stands for the
 * nodes of a cluster, a node that takes connections and says nothing would else be the first one asked for ever.
 */
export function lookupInTurn(lookup: typeof lookupAny = lookupAny): LookupFunction {
  let turn = 0;
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const at = turn % Math.max(1, addresses.length);
      turn += 1;
      const ordered = [...addresses.slice(at), ...addresses.slice(0, at)];
      if (options.all === true) callback(null, ordered);
      else callback(null, ordered[0]?.address ?? '', ordered[0]?.family);
    });
  };
}
