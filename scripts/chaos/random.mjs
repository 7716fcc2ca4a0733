/** Mulberry32: the same seed gives the same kills in the same order. */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Every target once in random order, then again, until there are `count`. */
export function killOrder(targets, count, random) {
  const order = [];
  while (order.length < count) {
    const bag = [...targets];
    while (bag.length > 0) order.push(...bag.splice(Math.floor(random() * bag.length), 1));
  }
  return order.slice(0, count);
}

/** A whole number of milliseconds from `least` up to `most`. */
export const between = (random, least, most) => least + Math.floor(random() * (most - least + 1));
