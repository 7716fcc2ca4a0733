import type { PatternLabelRule } from '../../../analysis/src/label-pattern';

/** A project's own label: the patterns that fulfil its matcher carry its name. */
export interface LogPatternLabel extends PatternLabelRule {
  readonly createdAtMs: number;
}
