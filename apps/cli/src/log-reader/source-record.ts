/** One record as read from a source, before ingest has given it an id. */
export interface SourceRecord {
  /** ISO 8601 in UTC; absent where the source tells no time, for which the time of arrival is taken. */
  readonly timestamp: string | undefined;
  /** As the source wrote it. */
  readonly level: string | undefined;
  readonly service: string;
  readonly message: string;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly correlationId: string | undefined;
  readonly context: Readonly<Record<string, unknown>>;
  /** Of its first line, from 1. */
  readonly lineNumber: number;
}

/** lines = (records - pieces) + joined + blank, always. */
export interface ReadCounts {
  lines: number;
  records: number;
  /** Lines that went into the record before them. */
  joined: number;
  blank: number;
  /** Records beyond the first that one line was cut into. */
  pieces: number;
  /** Lines with bytes that are no text; each such byte became U+FFFD. */
  undecodable: number;
  readonly byFormat: Map<string, number>;
}

export function noCounts(): ReadCounts {
  return { lines: 0, records: 0, joined: 0, blank: 0, pieces: 0, undecodable: 0, byFormat: new Map() };
}
