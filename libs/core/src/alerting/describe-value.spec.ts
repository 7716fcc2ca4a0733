import { describeValue } from './describe-value';

describe('describeValue', () => {
  it.each([
    [812.3456, 500, '812.3'],
    [1234567.8, 500, '1235000'],
    [7.0512345e149, 1e140, '7.051e+149'],
    [-0.00041234, 0, '-0.0004123'],
  ])('says %p beyond %p with four digits', (value, threshold, said) => {
    expect(describeValue(value, threshold)).toBe(said);
  });

  it('says a count of records as it is, however large', () => {
    expect(describeValue(123_456, 40)).toBe('123456');
  });

  it.each([
    [500.00004, 500, '500.00004'],
    [499.99996, 500, '499.99996'],
    [0.00041, 0.0004, '0.00041'],
    [0.123456, 0.123456, '0.123456'],
    [0.1 + 0.2, 0.3, '0.30000000000000004'],
  ])('says %p so that it does not seem to be on the other side of %p', (value, threshold, said) => {
    expect(describeValue(value, threshold)).toBe(said);
  });
});
