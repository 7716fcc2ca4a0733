import fc from 'fast-check';
import { cleanText, cutToBytes, cutToLength, utf8Length } from '../../core/src/common/clean-text';
import { MAX_SERVICE_NAME_LENGTH } from '../../core/src/ingest/read-service-name';
import {
  MAX_MAGNITUDE,
  MAX_METRIC_NAME_LENGTH,
  MAX_SERIES_BYTES,
  MAX_TAG_KEY_LENGTH,
  MAX_TAG_VALUE_LENGTH,
  MAX_TAGS,
} from '../../core/src/metrics/to-sample';

interface TaggedSample {
  readonly name: string;
  readonly service: string;
  readonly tags: readonly (readonly [key: string, value: string])[];
  readonly value: number;
}

/** Of one byte each, of three, of up to four, and what stores take least. None of them compresses. */
const character = fc.oneof(
  fc.integer({ min: 0x21, max: 0x7e }),
  fc.integer({ min: 0x4e00, max: 0x9fff }),
  fc.integer({ min: 0, max: 0x10ffff }),
  fc.constantFrom(0, 0x22, 0x5c, 0xd800, 0xdfff, 0xffff),
);

/** Mostly as long as it may be. */
const textOf = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .oneof(
      { weight: 3, arbitrary: fc.array(character, { minLength: maxLength, maxLength }) },
      { weight: 1, arbitrary: fc.array(character, { maxLength }) },
    )
    .map((codes) => cutToLength(cleanText(`a${String.fromCodePoint(...codes)}`), maxLength));

const shortOrLong = (maxLength: number) => fc.oneof(textOf(8), textOf(maxLength));

const taggedSample: fc.Arbitrary<TaggedSample> = fc.record({
  name: shortOrLong(MAX_METRIC_NAME_LENGTH),
  service: shortOrLong(MAX_SERVICE_NAME_LENGTH),
  tags: fc.array(fc.tuple(shortOrLong(MAX_TAG_KEY_LENGTH), shortOrLong(MAX_TAG_VALUE_LENGTH)), {
    maxLength: MAX_TAGS,
    size: 'max',
  }),
  value: fc.oneof(
    fc.double({ min: -MAX_MAGNITUDE, max: MAX_MAGNITUDE, noNaN: true }),
    fc.constantFrom(MAX_MAGNITUDE, -MAX_MAGNITUDE, Number.MIN_VALUE, -0),
  ),
});

/** As many of the tags as a series may have, the last one cut. */
function cutTags({ name, service, tags }: TaggedSample): Readonly<Record<string, string>> {
  const kept = new Map<string, string>();
  let left = MAX_SERIES_BYTES - utf8Length(name) - utf8Length(service);
  for (const [key, value] of tags) {
    left -= utf8Length(key);
    if (left < 0) break;
    const cut = cutToBytes(value, left);
    left -= utf8Length(cut);
    kept.set(key, cut);
  }
  return Object.fromEntries(kept);
}

/** Samples as senders give them, which ingest accepts, though only just. */
export const samplesAtLimits: fc.Arbitrary<readonly object[]> = fc.array(
  taggedSample.map((sample) => ({ ...sample, tags: cutTags(sample) })),
  { minLength: 1, maxLength: 20 },
);
