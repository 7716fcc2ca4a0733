import { z } from 'zod';

/** Its name below OPSPILOT_HOME. */
export const CONNECTION_FILE = 'connection.json';

const connectionFile = z.object({
  url: z.string(),
  api_key: z.string(),
  project_id: z.string(),
  temporal_ui_url: z.string(),
  temporal_address: z.string(),
  /** With its password: for psql, and for commands that manage projects. */
  database_url: z.string(),
  /** Process ids by role; in embedded mode OpsPilot's own roles share one. */
  pids: z.record(z.string(), z.number()),
});

/** What `npm start` leaves for commands and scripts that want to talk to it. */
export type ConnectionFile = Readonly<z.output<typeof connectionFile>>;

/**
 * Undefined where the text is no such file, or half of one. Fields may be missing: another version wrote other ones, and
 * a person may write the few that a command needs.
 */
export function parseConnectionFile(text: string): Partial<ConnectionFile> | undefined {
  try {
    return connectionFile.partial().safeParse(JSON.parse(text)).data as Partial<ConnectionFile> | undefined;
  } catch {
    return undefined;
  }
}
