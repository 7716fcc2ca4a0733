import { PLACEHOLDER, type TemplateToken } from './template-tokens';

const ALL_PLACEHOLDERS = new RegExp(PLACEHOLDER.source, 'g');

/** The tokens with what their placeholders stood for, given in order by `maskMessage`. */
export function valuesOfTokens(
  tokens: readonly TemplateToken[],
  values: readonly string[],
): readonly TemplateToken[] {
  let next = 0;
  return tokens.map((token) =>
    token.text.includes('<')
      ? { ...token, text: token.text.replace(ALL_PLACEHOLDERS, () => values[next++] ?? '') }
      : token,
  );
}
