/** As String#charCodeAt, without its checks. */
export function charOf(text: string, index: i32): i32 {
  return load<u16>(changetype<usize>(text) + (index << 1));
}

export const CHARS_AT_A_TIME: i32 = 8;

/** The characters from `index` on, and what is behind the last of them. */
export function charsOf(text: string, index: i32): v128 {
  return v128.load(changetype<usize>(text) + (index << 1));
}
