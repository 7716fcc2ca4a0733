/** Namespace of all ids that OpsPilot derives from names. Never changed: stored ids were made with it. */
const NAMESPACE = 'b7c0a2de-6f0f-5a43-9d0c-6f3a1d6f5b11';

/**
 * The same UUID for the same name, on every machine and in every retry: version 5 of RFC 9562 (SHA-1 of namespace and
 * name). Not for secrets. Plain arithmetic, because workflow code may use no Node built-in.
 */
export function uuidOfName(name: string, namespace: string = NAMESPACE): string {
  const nameBytes = new TextEncoder().encode(name);
  const input = new Uint8Array(16 + nameBytes.length);
  input.set(bytesOfUuid(namespace));
  input.set(nameBytes, 16);
  const bytes = sha1(input).slice(0, 16);
  const view = new DataView(bytes.buffer);
  view.setUint8(6, (view.getUint8(6) & 0x0f) | 0x50);
  view.setUint8(8, (view.getUint8(8) & 0x3f) | 0x80);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function bytesOfUuid(uuid: string): Uint8Array {
  const pairs = uuid.replaceAll('-', '').match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => parseInt(pair, 16));
}

function rotateLeft(word: number, bits: number): number {
  return ((word << bits) | (word >>> (32 - bits))) >>> 0;
}

/** FIPS 180-4, section 6.1. */
function sha1(message: Uint8Array): Uint8Array {
  const blocks = Math.ceil((message.length + 9) / 64);
  const padded = new DataView(new ArrayBuffer(blocks * 64));
  message.forEach((byte, index) => padded.setUint8(index, byte));
  padded.setUint8(message.length, 0x80);
  padded.setUint32(padded.byteLength - 8, Math.floor((message.length * 8) / 2 ** 32));
  padded.setUint32(padded.byteLength - 4, (message.length * 8) >>> 0);

  let digest: Digest = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  for (let block = 0; block < blocks; block++) digest = nextDigest(digest, padded, block * 64);

  const output = new DataView(new ArrayBuffer(20));
  digest.forEach((word, index) => output.setUint32(index * 4, word));
  return new Uint8Array(output.buffer);
}

type Digest = readonly [number, number, number, number, number];

function nextDigest(digest: Digest, message: DataView, offset: number): Digest {
  const words = new Uint32Array(80);
  const word = (index: number): number => words[index] ?? 0;
  for (let index = 0; index < 80; index++) {
    words[index] =
      index < 16
        ? message.getUint32(offset + index * 4)
        : rotateLeft(word(index - 3) ^ word(index - 8) ^ word(index - 14) ^ word(index - 16), 1);
  }
  let [a, b, c, d, e] = digest;
  for (let round = 0; round < 80; round++) {
    const { mixed, constant } = roundFunction(round, b, c, d);
    const next = (rotateLeft(a, 5) + mixed + e + constant + word(round)) >>> 0;
    [e, d, c, b, a] = [d, c, rotateLeft(b, 30), a, next];
  }
  return [
    (digest[0] + a) >>> 0,
    (digest[1] + b) >>> 0,
    (digest[2] + c) >>> 0,
    (digest[3] + d) >>> 0,
    (digest[4] + e) >>> 0,
  ];
}

function roundFunction(round: number, b: number, c: number, d: number): { mixed: number; constant: number } {
  if (round < 20) return { mixed: ((b & c) | (~b & d)) >>> 0, constant: 0x5a827999 };
  if (round < 40) return { mixed: (b ^ c ^ d) >>> 0, constant: 0x6ed9eba1 };
  if (round < 60) return { mixed: ((b & c) | (b & d) | (c & d)) >>> 0, constant: 0x8f1bbcdc };
  return { mixed: (b ^ c ^ d) >>> 0, constant: 0xca62c1d6 };
}
