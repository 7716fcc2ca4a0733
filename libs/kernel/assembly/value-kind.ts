/** The kinds of values that masking tells apart, in the order of VALUE_KINDS in libs/analysis. */
export const NUM: i32 = 0;
export const HEX: i32 = 1;
export const UUID: i32 = 2;
export const IP: i32 = 3;
export const PATH: i32 = 4;
export const URL: i32 = 5;
export const TIME: i32 = 6;
export const DURATION: i32 = 7;
export const SIZE: i32 = 8;
export const EMAIL: i32 = 9;
export const QUOTED: i32 = 10;
export const ID: i32 = 11;
export const VALUE_KINDS: i32 = 12;
/** White space in place of a run of it. */
export const ONE_SPACE: i32 = 12;
export const LINE_BREAK: i32 = 13;
/** For matchers that found nothing. */
export const NO_KIND: i32 = -1;

const MARKS: StaticArray<string> = [
  '<num>',
  '<hex>',
  '<uuid>',
  '<ip>',
  '<path>',
  '<url>',
  '<time>',
  '<duration>',
  '<size>',
  '<email>',
  '<quoted>',
  '<id>',
  ' ',
  '\n',
];

/** What takes the place of something of that kind in a masked message. */
export function markOf(kind: i32): string {
  return unchecked(MARKS[kind]);
}
