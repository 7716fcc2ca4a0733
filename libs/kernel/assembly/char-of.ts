/** As String#charCodeAt, without its checks. */
export function charOf(text: string, index: i32): i32 {
  return load<u16>(changetype<usize>(text) + (index << 1));
}
