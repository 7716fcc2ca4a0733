import type { ProjectScope } from '../projects/project-scope';
import type { Transition } from './rule-state';

/** Brings transitions to the incidents that they belong to. */
export abstract class TransitionHandover {
  /**
   * Takes charge of transitions: once it returns, they will be delivered, those of one episode in the given order.
   * Repeating it is harmless. Errors: whatever keeps it from taking them; then nothing is known about any of them.
   */
  abstract deliver(scope: ProjectScope, transitions: readonly Transition[]): Promise<void>;
}
