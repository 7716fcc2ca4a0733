/** What services wrote must not steer the terminal: control characters become spaces, and long texts are cut. */
export function safeText(text: string, maxLength = 300): string {
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is looked for
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/g, ' ');
  return plain.length > maxLength ? `${plain.slice(0, maxLength - 1)}…` : plain;
}
