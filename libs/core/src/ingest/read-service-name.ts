import { cleanText, cutToLength } from '../common/clean-text';

export const MAX_SERVICE_NAME_LENGTH = 128;
const UNKNOWN_SERVICE = 'unknown';

/**
 * The service from `service` or `service_name`. What cannot serve as a name is handed to `keep`, so that it is not lost.
 */
export function readServiceName(
  fields: Readonly<Record<string, unknown>>,
  notes: string[],
  keep: (key: string, value: unknown) => void,
): string {
  const second = fields['service_name'];
  const given = isGiven(fields['service']) ? fields['service'] : second;
  if (isGiven(second) && second !== given) {
    notes.push('service_name: given beside service; kept in the context');
    keep('service_name', second);
  }
  if (!isGiven(given)) {
    notes.push(`service: not given; ${UNKNOWN_SERVICE} was assumed`);
    return UNKNOWN_SERVICE;
  }
  if (typeof given !== 'string' && typeof given !== 'number') {
    notes.push(`service: not a text; ${UNKNOWN_SERVICE} was assumed and the original kept`);
    keep('original_service', given);
    return UNKNOWN_SERVICE;
  }
  const name = cutToLength(cleanText(String(given)).trim(), MAX_SERVICE_NAME_LENGTH).trimEnd();
  if (name === given) return name;
  if (name === '') notes.push(`service: blank; ${UNKNOWN_SERVICE} was assumed`);
  else notes.push(`service: taken as text of at most ${MAX_SERVICE_NAME_LENGTH} characters`);
  if (name.length === MAX_SERVICE_NAME_LENGTH) keep('original_service', given);
  return name === '' ? UNKNOWN_SERVICE : name;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}
