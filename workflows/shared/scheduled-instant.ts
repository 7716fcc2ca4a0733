import { workflowInfo } from '@temporalio/workflow';
import { SCHEDULED_START_TIME } from './search-attributes';

/** The instant that this run of a Schedule stands for, in milliseconds, however late it runs; of one started by hand, its own start. */
export function scheduledInstantMs(): number {
  const { typedSearchAttributes, startTime } = workflowInfo();
  return (typedSearchAttributes.get(SCHEDULED_START_TIME) ?? startTime).getTime();
}
