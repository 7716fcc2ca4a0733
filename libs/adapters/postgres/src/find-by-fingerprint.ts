import type { TimeRange } from '../../../core/src/common/time-range';
import type { LogQuery } from '../../../core/src/logs/log-query';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { minutesAround, wholeMinutes } from './counted-records';
import { instantValue } from './instant-value';
import { logConditions, minuteConditions } from './log-conditions';
import { beyond, type LogPlace, ordering, placeOfCursor } from './log-place';
import { LOG_RECORD_COLUMNS } from './log-record-rows';
import { SqlValues, type Statement } from './sql-values';

/**
 * A page of the records of one fingerprint, and one record more. The counts by minute know in which minutes of which services they
 * are: of those no more are read than a page needs. In the order of time alone, of a rare one all records of the range were read.
 * Services are counted in the order of bytes, which is not that of the index of records by service.
 */
export function pageOfFingerprint(scope: ProjectScope, query: LogQuery): Statement {
  const values = new SqlValues();
  const ascending = query.order === 'asc';
  const place = placeOfCursor(query.cursor);
  const range = rangeBeyond(query.range, place, ascending);
  const needed = query.limit + 1 + (query.offset ?? 0);
  // Of a minute that the range has a part of, nobody knows how many of its records are in that part, nor of the place's own.
  const whole = wholeMinutes(rangeBeyond(query.range, place, ascending, 1)) ?? { fromMs: 0, toMs: 0 };
  const limit = values.add(needed);
  const text = `
    WITH counted AS (
      SELECT minute, service_name AS service, level AS rank,
        sum(count) FILTER (
          WHERE minute >= ${values.add(instantValue(whole.fromMs))} AND minute < ${values.add(instantValue(whole.toMs))}
        ) OVER (ORDER BY minute ${ascending ? 'ASC' : 'DESC'} GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS nearer
      FROM log_fingerprint_counts
      WHERE ${minuteConditions(scope, { ...query, range: minutesAround(range) }, values)}
    )
    SELECT ${LOG_RECORD_COLUMNS}
    FROM counted CROSS JOIN LATERAL (
      SELECT * FROM log_records
      WHERE ${logConditions(scope, { ...query, range }, values)}
        AND service_name = counted.service COLLATE "default" AND level = counted.rank
        AND timestamp >= counted.minute AND timestamp < counted.minute + interval '1 minute'
        ${place === undefined ? '' : `AND ${beyond(place, ascending, values)}`}
      ORDER BY ${ordering(ascending)} LIMIT ${limit}
    ) AS found
    WHERE coalesce(nearer, 0) < ${limit}
    ORDER BY ${ordering(ascending, 'found')} LIMIT ${values.add(query.limit + 1)} OFFSET ${values.add(query.offset ?? 0)}`;
  return { text, values: values.list };
}

/** What is beyond the place, from its millisecond on, which records before it may share, or that many later. */
function rangeBeyond(
  range: TimeRange,
  place: LogPlace | undefined,
  ascending: boolean,
  afterMs = 0,
): TimeRange {
  if (place === undefined) return range;
  const placeMs = Date.parse(place.instant);
  return ascending
    ? { ...range, fromMs: Math.max(range.fromMs, placeMs + afterMs) }
    : { ...range, toMs: Math.min(range.toMs, placeMs + 1 - afterMs) };
}
