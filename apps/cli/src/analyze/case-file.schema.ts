import { z } from 'zod';

/** case.json of a root-cause case: names, the time of the alert, and the files beside it. Paths are relative to its folder. */
export const caseFileSchema = z.object({
  case: z.string().min(1),
  /** Epoch seconds. */
  anomaly_time: z.number(),
  candidates: z.array(z.string()).optional(),
  metrics: z.string().optional(),
  /** Metrics of a period that is known to be normal. */
  normal: z.string().optional(),
  logs: z.string().optional(),
  traces: z.string().optional(),
  edges: z.string().optional(),
  topology: z.string().optional(),
  /** Folder with logs and traces of a time that is known to be normal. */
  reference: z.string().optional(),
  target: z.object({ service: z.string(), metric: z.string() }).optional(),
});

export const topologyFileSchema = z.object({ edges: z.array(z.tuple([z.string(), z.string()])) });

export type CaseFile = z.infer<typeof caseFileSchema>;
