/** Runs the bare-metal instruction programs on QEMU's ZCU102 and on our machine (tests only). */
import type { RowAction } from '../bare-metal/instruction-cases.ts';
import { type Program, runElfOnOurs, runElfOnQemu, withProgram } from '../bare-metal/system-program.ts';

/** Far more than a program retires. */
const LIMIT = 50_000_000;

/** What both printed, line by line: `A open EL<n> <action> <outcome>`. */
export interface SystemRun {
  readonly qemu: readonly string[];
  readonly ours: readonly string[];
}

export function runOnBoth(program: Program): SystemRun {
  const lines = (output: string): string[] => output.replaceAll('\r', '').trimEnd().split('\n');
  return withProgram(program, (elf, image) => ({
    qemu: lines(runElfOnQemu(elf)),
    ours: lines(runElfOnOurs(image, LIMIT)),
  }));
}

/** Lines of an action, one for each level. */
export const linesOf = (lines: readonly string[], action: RowAction): string[] =>
  lines.filter((line) => line.slice('A open ELn '.length).startsWith(`${action.name} `));

const EC_DATA_ABORT_SAME_LEVEL = 0x25;
const ISV = 1 << 24;
/** ISV, SAS, SSE, SRT, SF, AR. */
const INSTRUCTION_SYNDROME = 0x01ff_c000;

/**
 * QEMU 7.2 gives an instruction syndrome (ISV = 1) for alignment faults that EL2 takes from itself; the Arm ARM has one in ESR_EL2 for stage 2 aborts only
 * (D17.2.37, ISS encoding for a Data Abort).
 */
function withoutWrongSyndrome(line: string): string {
  return line.replace(/esr2=([0-9a-f]+)/, (text, digits: string) => {
    const esr = parseInt(digits, 16);
    if (esr >>> 26 !== EC_DATA_ABORT_SAME_LEVEL || (esr & ISV) === 0) return text;
    return `esr2=${((esr & ~INSTRUCTION_SYNDROME) >>> 0).toString(16)}`;
  });
}

/** Where the machines part, but for the departure above. */
export function lineDifferences(run: SystemRun): string[] {
  const { ours } = run;
  const qemu = run.qemu.map(withoutWrongSyndrome);
  return qemu.flatMap((line, i) => (line === ours[i] ? [] : [`${line} but ours ${ours[i] ?? 'ended'}`]));
}
