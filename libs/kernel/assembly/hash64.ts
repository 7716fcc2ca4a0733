import { BYTES_PER_CODE } from './message-codes';

/** 64 bits of a text, as 16 hexadecimal characters; valid until the next. */
const HEX: usize = memory.data(16);

let a: u32 = 0;
let b: u32 = 0;
/** The first code of a pair whose second is not there yet. */
let pending: u32 = 0;
let isPending: bool = false;

export function hexOfHash(): usize {
  return HEX;
}

/**
 * Begins the hash of a text of so many code units: two 32-bit lanes of multiply-and-rotate mixing over pairs of them, each finished as MurmurHash3
 * finishes (fmix32).
 */
export function beginHash(length: i32): void {
  a = 0x9e3779b9 ^ length;
  b = 0x85ebca6b ^ length;
  isPending = false;
}

/** The text goes on with so many code units. */
export function addToHash(codes: usize, count: i32): void {
  const end = codes + count * BYTES_PER_CODE;
  let at = codes;
  if (isPending && at < end) {
    mix(pending | (load<u16>(at) << 16));
    isPending = false;
    at += BYTES_PER_CODE;
  }
  // As `mix`, in local variables.
  let mixedA = a;
  let mixedB = b;
  for (; at + 2 * BYTES_PER_CODE <= end; at += 2 * BYTES_PER_CODE) {
    const pair = load<u32>(at);
    mixedA = rotl<u32>((mixedA ^ pair) * 0xcc9e2d51, 15);
    mixedB = rotl<u32>((mixedB * 0x1b873593) ^ pair, 13);
  }
  a = mixedA;
  b = mixedB;
  if (at === end) return;
  pending = load<u16>(at);
  isPending = true;
}

/** Writes it to `hexOfHash`. */
export function endHash(): void {
  // Past the end is 0; the length tells such texts apart.
  if (isPending) mix(pending);
  writeHex(finish(a ^ (b >> 16)), HEX);
  writeHex(finish(b ^ (a * 0x27d4eb2f)), HEX + 8);
}

function mix(pair: u32): void {
  a = rotl<u32>((a ^ pair) * 0xcc9e2d51, 15);
  b = rotl<u32>((b * 0x1b873593) ^ pair, 13);
}

function finish(value: u32): u32 {
  let mixed = value ^ (value >> 16);
  mixed *= 0x85ebca6b;
  mixed ^= mixed >> 13;
  mixed *= 0xc2b2ae35;
  return mixed ^ (mixed >> 16);
}

function writeHex(value: u32, target: usize): void {
  for (let digit = 0; digit < 8; digit++) {
    const nibble = (value >> (28 - 4 * digit)) & 15;
    store<u8>(target + digit, <u8>(nibble < 10 ? 48 + nibble : 87 + nibble));
  }
}
