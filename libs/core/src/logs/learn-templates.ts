import {
  type LogTemplate,
  TEMPLATE_ALGORITHM,
  TemplateMiner,
  type TemplateMinerSnapshot,
} from '../../../analysis/src/mine-templates';

export interface LearnRequest {
  /** What was learned before. */
  readonly before?: { readonly algorithm: string; readonly version: number; readonly minerState: string };
  /** One message of each fingerprint known before, for a miner that has to learn anew. */
  readonly knownExamples: readonly string[];
  /** For each known fingerprint what the miner called it. */
  readonly knownLeafIds: readonly string[];
  /** To learn now. */
  readonly messages: readonly string[];
  readonly maxTemplates: number;
}

export interface LearnedTemplates {
  readonly algorithm: string;
  readonly version: number;
  readonly minerState: string;
  readonly templates: readonly Pick<LogTemplate, 'id' | 'text' | 'wildcards'>[];
  /** For each known fingerprint and each message what the miner calls it, and the template that it belongs to, where that is known. */
  readonly known: readonly LearnedPlace[];
  readonly learned: readonly LearnedPlace[];
}

export interface LearnedPlace {
  readonly leafId: string;
  readonly templateId?: string;
}

/** Variables whose values are sketched, for each template that may be kept. */
const SKETCHES_PER_TEMPLATE = 2;

/** Goes on from the state, or, where another version made it, begins anew with the examples. Pure; takes time. */
export function learnTemplates(request: LearnRequest): LearnedTemplates {
  const { before, knownExamples, knownLeafIds, messages, maxTemplates } = request;
  const { name: algorithm, version } = TEMPLATE_ALGORITHM;
  const bounds = { maxLeaves: maxTemplates, maxSketches: maxTemplates * SKETCHES_PER_TEMPLATE };
  const goesOn = before?.algorithm === algorithm && before.version === version;
  const miner = goesOn
    ? TemplateMiner.fromJSON(JSON.parse(before.minerState) as TemplateMinerSnapshot, bounds)
    : new TemplateMiner(bounds);
  const known = goesOn ? knownLeafIds : knownExamples.map((example) => miner.note(example));
  const learned = messages.map((message) => miner.note(message));
  const placeOf = (leafId: string): LearnedPlace => {
    const templateId = miner.resolve(leafId);
    return { leafId, ...(templateId !== undefined && { templateId }) };
  };
  return {
    algorithm,
    version,
    known: known.map(placeOf),
    learned: learned.map(placeOf),
    templates: miner.templates().map(({ id, text, wildcards }) => ({ id, text, wildcards })),
    minerState: JSON.stringify(miner),
  };
}
