/** Units that are written behind a number without a space, in lower case; those of libs/kernel/assembly/match-token.ts. */

export const DURATION_UNITS: ReadonlySet<string> = new Set(
  'ns us µs μs ms msec msecs s sec secs second seconds m min mins minute minutes h hr hrs hour hours d day days'.split(
    ' ',
  ),
);
export const SIZE_UNITS: ReadonlySet<string> = new Set(
  'b kb mb gb tb pb kib mib gib tib pib k m g byte bytes bit bits bps kbps mbps gbps'.split(' '),
);
