const PLACE_BITS = 17;
const PLACES = 2 ** PLACE_BITS;
const HIGH = 2 ** (32 - PLACE_BITS);

/**
 * The places of records, those that are alike behind each other, and otherwise as they were. A search that finds records of one template then reads
 * neighbours, of which many lie in one compressed block. Of more records than one write ever has, the places as they are.
 *
 * @param likenesses whole numbers below 2^47
 */
export function alikeTogether(likenesses: ArrayLike<number>): Uint32Array {
  const { length } = likenesses;
  const places = new Uint32Array(length);
  for (let place = 0; place < length; place++) places[place] = place;
  if (length > PLACES) return places;
  // As 64 bits each, with the place in the lowest: numbers without a function to compare by are sorted natively.
  const halves = new Uint32Array(2 * length);
  for (let place = 0; place < length; place++) {
    const likeness = likenesses[place] ?? 0;
    halves[2 * place] = (likeness % HIGH) * PLACES + place;
    halves[2 * place + 1] = likeness / HIGH;
  }
  new BigUint64Array(halves.buffer).sort();
  for (let at = 0; at < length; at++) places[at] = (halves[2 * at] ?? 0) % PLACES;
  return places;
}
