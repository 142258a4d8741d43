/** States of a task as ps prints them (linux/sched.h, task_state_index). */

const TASK_IDLE = 0x402;
/** Bits that are reported: interruptible, uninterruptible, stopped, traced, dead, zombie, parked. */
const TASK_REPORT = 0x7f;
const LETTERS = 'RSDTtXZP';

/** The letter for `__state` and `exit_state`. */
export function taskStateLetter(state: number, exitState: number): string {
  const all = state | exitState;
  if ((all & TASK_IDLE) === TASK_IDLE) return 'I';
  return LETTERS[32 - Math.clz32(all & TASK_REPORT)] ?? '?';
}
