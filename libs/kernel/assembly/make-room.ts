const PAGE_BYTES: i32 = 0x10000;

/**
 * Memory reaches up to `end`, if not further. It never shrinks, and grows by half at least: whoever looks at it from outside has to begin anew each time. What nobody
 * touched takes no memory of the machine.
 */
export function makeRoom(end: usize): void {
  const size = memory.size();
  const missing = <i32>end - size * PAGE_BYTES;
  if (missing <= 0) return;
  const pages = (missing + PAGE_BYTES - 1) / PAGE_BYTES;
  if (memory.grow(max(pages, size >> 1)) < 0 && memory.grow(pages) < 0) unreachable();
}
