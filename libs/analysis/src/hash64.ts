import { type Codes, FIRST, codeAt, codesOf } from './message-codes';

/** 64 bits in two halves, each a whole number from 0 to 2^32 - 1. */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

/** Of a text, as 16 hexadecimal characters. */
export function hash64(text: string): string {
  return toHex(hash64Of(codesOf(text), FIRST, FIRST + text.length));
}

/** Two 32-bit lanes of multiply-and-rotate mixing over pairs of code units, each finished as MurmurHash3 finishes (fmix32). */
export function hash64Of(text: Codes, start: number, end: number): Hash64 {
  let a = 0x9e3779b9 ^ (end - start);
  let b = 0x85ebca6b ^ (end - start);
  for (let index = start; index < end; index += 2) {
    // Past the end is 0; the length tells such texts apart.
    const second = index + 1 < end ? codeAt(text, index + 1) : 0;
    const pair = codeAt(text, index) | (second << 16);
    a = Math.imul(a ^ pair, 0xcc9e2d51);
    a = (a << 15) | (a >>> 17);
    b = Math.imul(b, 0x1b873593) ^ pair;
    b = (b << 13) | (b >>> 19);
  }
  return { high: finish(a ^ (b >>> 16)), low: finish(b ^ Math.imul(a, 0x27d4eb2f)) };
}

function finish(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** 16 hexadecimal characters. */
export function toHex({ high, low }: Hash64): string {
  return hex32(high) + hex32(low);
}

function hex32(value: number): string {
  return hex8(value >>> 24) + hex8((value >>> 16) & 255) + hex8((value >>> 8) & 255) + hex8(value & 255);
}

function hex8(byte: number): string {
  return BYTES[byte] ?? '';
}
