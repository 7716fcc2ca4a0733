import { maskMessage } from './mask-message';

/** Only so much masked text tells patterns apart: what differs later in a long line is a payload. */
export const FINGERPRINT_MASKED_CHARS = 512;

/**
 * Stateless name of a message's pattern: a 64-bit hash of its masked text, as 16 hexadecimal characters, the same on every machine.
 * Of the message counts the first non-blank line, of that the first 512 masked characters. A Python traceback, whose first line is always the
 * same, counts by its last line as well.
 */
export function fingerprint(message: string): string {
  const line = firstLineOf(message);
  let masked = maskedPrefix(line);
  if (line.startsWith('Traceback (most recent call last')) masked += `\n${maskedPrefix(lastLine(message))}`;
  return hash64(masked);
}

/** The first line with something on it, without white space around it. */
export function firstLineOf(message: string): string {
  const start = startOfText(message);
  const lineEnd = endOfLine(message, start);
  return start === 0 && lineEnd === message.length ? message : message.slice(start, lineEnd);
}

function maskedPrefix(line: string): string {
  return maskMessage(line, FINGERPRINT_MASKED_CHARS).slice(0, FINGERPRINT_MASKED_CHARS);
}

function startOfText(message: string): number {
  let start = 0;
  while (start < message.length && message.charCodeAt(start) <= 32) start += 1;
  return start;
}

function endOfLine(message: string, start: number): number {
  const newline = message.indexOf('\n', start);
  let end = newline < 0 ? message.length : newline;
  while (end > start && message.charCodeAt(end - 1) <= 32) end -= 1;
  return end;
}

function lastLine(message: string): string {
  let end = message.length;
  while (end > 0 && message.charCodeAt(end - 1) <= 32) end -= 1;
  return message.slice(message.lastIndexOf('\n', end - 1) + 1, end).trimStart();
}

/** 16 hexadecimal characters. Two 32-bit lanes of multiply-and-rotate mixing over pairs of code units, each finished as MurmurHash3 finishes (fmix32). */
export function hash64(text: string): string {
  const { length } = text;
  let a = 0x9e3779b9 ^ length;
  let b = 0x85ebca6b ^ length;
  for (let index = 0; index < length; index += 2) {
    // Past the end charCodeAt is NaN, which counts as 0; the length tells such texts apart.
    const pair = text.charCodeAt(index) | (text.charCodeAt(index + 1) << 16);
    a = Math.imul(a ^ pair, 0xcc9e2d51);
    a = (a << 15) | (a >>> 17);
    b = Math.imul(b, 0x1b873593) ^ pair;
    b = (b << 13) | (b >>> 19);
  }
  return hex32(finish(a ^ (b >>> 16))) + hex32(finish(b ^ Math.imul(a, 0x27d4eb2f)));
}

function finish(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hex32(value: number): string {
  return hex8(value >>> 24) + hex8((value >>> 16) & 255) + hex8((value >>> 8) & 255) + hex8(value & 255);
}

function hex8(byte: number): string {
  return BYTES[byte] ?? '';
}
