import fc from 'fast-check';

const space = fc.constantFrom('', '', '', ' ', '\t', '\r\n');

/**
 * Texts of JSON objects with some of the usual members and any of the fields behind them, names repeated or not, with white
 * space where JSON allows it.
 */
export function looseObjectJson(
  usual: readonly string[],
  field: fc.Arbitrary<readonly [name: string, valueJson: string]>,
  maxFields: number,
): fc.Arbitrary<string> {
  return fc
    .tuple(fc.subarray([...usual]), fc.array(field, { maxLength: maxFields }), space)
    .map(([first, fields, gap]) => {
      const rest = fields.map(([name, valueJson]) => `${JSON.stringify(name)}${gap}:${gap}${valueJson}`);
      return `{${gap}${[...first, ...rest].join(`${gap},`)}${gap}}`;
    });
}
