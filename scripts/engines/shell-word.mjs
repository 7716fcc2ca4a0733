/** A text as one word of a shell, whatever it holds. */
export const shellWord = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
