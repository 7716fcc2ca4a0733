/**
 * What a rule measured, for a sentence: a count as it is, any other value with four digits, or as many as leave it on its
 * side of the threshold, since `> 500, measured 500` would be taken for a mistake.
 */
export function describeValue(value: number, threshold: number): string {
  if (Number.isSafeInteger(value)) return String(value);
  for (let digits = 4; digits < 17; digits += 1) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.sign(rounded - threshold) === Math.sign(value - threshold)) return String(rounded);
  }
  return String(value);
}
