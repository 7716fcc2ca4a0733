/**
 * Three letters of each thing that may tell of a secret in a text, rare ones, by which a reader of bytes sees on its way through a text whether
 * redactText has to look at it.
 */
const TEXT_TRIGRAMS: readonly string[] = [
  ...'ssw sph pwd ecr tok pik i_k i-k ssk s_k s-k tek e_k e-k rer riz eyj kia sia :// xox b_p k_l sk-'.split(
    ' ',
  ),
  'e k',
  ...Array.from('abcdefghijklmnopqrstuvwxyz', (letter) => `h${letter}_`),
];
/** The same for names that isSecretKey knows. */
const KEY_TRIGRAMS: readonly string[] = [...TEXT_TRIGRAMS, 'pas', 'kie', 'ede'];

/** What trigrams consist of, letters in either case; every other character is 0. */
const ALPHABET = ' abcdefghijklmnopqrstuvwxyz_-:/';

/** 1 to 31 for a character of trigrams, else 0. */
export function foldOf(code: number): number {
  return ALPHABET.indexOf(String.fromCharCode(code).toLowerCase()) + 1;
}

export const TEXT_FOLLOWERS = followersOf(TEXT_TRIGRAMS);
export const KEY_FOLLOWERS = followersOf(KEY_TRIGRAMS);

/** By the folds of two characters, 5 bits each: the folds of those that make a trigram of them, a bit each. */
function followersOf(trigrams: readonly string[]): Int32Array {
  const followers = new Int32Array(1 << 10);
  for (const trigram of trigrams) {
    const [first = 0, second = 0, third = 0] = Array.from(trigram, (_, at) => foldOf(trigram.charCodeAt(at)));
    const pair = (first << 5) | second;
    followers[pair] = (followers[pair] ?? 0) | (1 << third);
  }
  return followers;
}
