/** Each number below `count` once, in no order of theirs: records of many services do not come in that of their timestamps. */
export function scattered(index: number, count: number): number {
  return (index * 7919) % count;
}
