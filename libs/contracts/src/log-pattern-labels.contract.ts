import { z } from 'zod';
import { toIso } from '../../core/src/common/time-range';
import type { LogPatternLabel } from '../../core/src/logs/log-pattern-label';
import { field, text, totals } from './common.contract';

const MAX_PHRASES = 50;
const PHRASE = /^[\p{L}\p{N}]+\*?(?: (?:\.\. )?[\p{L}\p{N}]+\*?)*$/u;
const PHRASE_ALLOWED =
  'words of letters and digits with one blank between; a word may end in *, and .. between two words stands for up to five others';
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const NAME_ALLOWED = 'up to 63 lower-case letters, digits and hyphens';

const phrases = (description: string, example: readonly string[]) =>
  field(
    z
      .array(
        text(100).refine((phrase) => PHRASE.test(phrase), {
          error: 'is not a phrase',
          params: { allowed: PHRASE_ALLOWED },
        }),
      )
      .max(MAX_PHRASES),
    `${description}; ${PHRASE_ALLOWED}, without regard to case`,
    example,
  );

const name = field(z.string(), `Its name: ${NAME_ALLOWED}`, 'payment-declined');

export const logPatternLabelRequest = z
  .strictObject({
    name: name.refine((value) => NAME.test(value), {
      error: 'is not a name',
      params: { allowed: NAME_ALLOWED },
    }),
    any_of: phrases('At least one of these must occur', ['card declined', 'insufficient fund*']).optional(),
    all_of: phrases('All of these must occur', ['payment']).optional(),
    none_of: phrases('None of these may occur', ['test card']).optional(),
  })
  .refine(({ any_of: anyOf, all_of: allOf }) => (anyOf ?? []).length + (allOf ?? []).length > 0, {
    error: 'must have a phrase, or the label would never apply',
    path: ['any_of'],
  });

export const logPatternLabelResponse = z
  .object({
    name: field(z.string(), 'Its name', 'payment-declined'),
    predefined: field(z.boolean(), 'Whether every project has it', false),
    any_of: field(z.array(z.string()), 'At least one of these phrases must occur', ['card declined']),
    all_of: field(z.array(z.string()), 'All of these phrases must occur', []),
    none_of: field(z.array(z.string()), 'None of these phrases may occur', []),
    created_at: field(
      z.string().nullable(),
      'When it was made; null where predefined',
      '2026-01-15T12:00:00.000Z',
    ),
  })
  .meta({ id: 'LogPatternLabel' });

export const logPatternLabelListResponse = z.object({
  labels: field(z.array(logPatternLabelResponse), 'Own labels, then the predefined ones', []),
  ...totals,
});

export function toLogPatternLabel(
  written: z.output<typeof logPatternLabelRequest>,
  createdAtMs: number,
): LogPatternLabel {
  const lower = (list: readonly string[]) => list.map((phrase) => phrase.toLowerCase());
  const { name: label, any_of: anyOf = [], all_of: allOf = [], none_of: noneOf = [] } = written;
  return {
    label,
    matcher: {
      ...(anyOf.length > 0 && { anyOf: lower(anyOf) }),
      ...(allOf.length > 0 && { allOf: lower(allOf) }),
      ...(noneOf.length > 0 && { noneOf: lower(noneOf) }),
    },
    createdAtMs,
  };
}

export function toLogPatternLabelResponse(
  label: Omit<LogPatternLabel, 'createdAtMs'> & { readonly createdAtMs?: number },
) {
  const { anyOf = [], allOf = [], noneOf = [] } = label.matcher;
  return {
    name: label.label,
    predefined: label.createdAtMs === undefined,
    any_of: [...anyOf],
    all_of: [...allOf],
    none_of: [...noneOf],
    created_at: label.createdAtMs === undefined ? null : toIso(label.createdAtMs),
  };
}
