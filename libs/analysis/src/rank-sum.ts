/**
 * Normal score of the Mann-Whitney rank-sum test: above 0 where `after` tends to be larger than `before`. Ties count half. 0 where a side is
 * empty. For a few values a side it says little, as it should: two against two give at most 1.5.
 */
export function rankSumScore(before: readonly number[], after: readonly number[]): number {
  const n = before.length;
  const m = after.length;
  if (n === 0 || m === 0) return 0;
  const all = [
    ...before.map((value) => ({ value, isAfter: false })),
    ...after.map((value) => ({ value, isAfter: true })),
  ].sort((one, other) => one.value - other.value);
  let rankSum = 0;
  for (let start = 0; start < all.length;) {
    let end = start + 1;
    while (end < all.length && all[end]?.value === all[start]?.value) end += 1;
    // Ranks count from 1; equal values share their mean rank.
    const rank = (start + 1 + end) / 2;
    for (let index = start; index < end; index += 1) if (all[index]?.isAfter === true) rankSum += rank;
    start = end;
  }
  const wins = rankSum - (m * (m + 1)) / 2;
  return (wins - (n * m) / 2) / Math.sqrt((n * m * (n + m + 1)) / 12);
}
