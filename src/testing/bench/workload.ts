/** A workload: the same commands in the same guests, on ours and on QEMU. */

/** A command of one domain. Its name becomes a shell function, so that typing it takes no time. */
export interface Job {
  /** Domain number. */
  readonly domain: number;
  readonly script: string;
}

export interface Workload {
  readonly name: string;
  /** Lines that each of the domains executes before, untimed. */
  readonly setUp?: readonly string[];
  /** All run at once; the workload ends with the last. */
  readonly jobs: readonly Job[];
}

/** Shell function of a job. */
export const functionName = (name: string): string => `b_${name}`;

/** Command that defines a job's function. What it prints at its end is not in the definition, which the terminal echoes. */
export function definition({ name }: Workload, { script }: Job): string {
  return `${functionName(name)}() { ${script}; echo "end-$((40+2))-${name}"; }`;
}

/** What a job prints when it is done. */
export const endMark = (name: string): RegExp => new RegExp(`end-42-${name}`);
