/** Runs a machine through the steps of a command line. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { ConsoleId } from '../awareness/consoles.ts';
import { EL, SLEEP } from '../emulator/cpu/state.ts';
import { Reg } from '../emulator/cpu/system-registers/offsets.ts';
import { describeSnapshot, hashMachine, loadMachine, saveMachine } from '../emulator/machine-state.ts';
import type { Profile } from '../emulator/profile.ts';
import { Machine, type RunResult } from '../emulator/machine.ts';
import { DRAM_BASE } from '../emulator/memory-layout.ts';
import type { UnmodelledAccess } from '../emulator/unmodelled.ts';
import type { LoadedImage } from '../pack/load.ts';
import { GuestConsoles } from '../workers/guest-consoles.ts';
import { GuestHealth } from '../workers/guest-health.ts';
import type { MachineStep } from './arguments.ts';
import type { CommandHost } from './command-file.ts';
import { Transcripts } from './transcripts.ts';

/** Instructions between two looks at the clock and at who has died. A CPU that does nothing but fault is a hundred times slower than others. */
const SLICE = 2_000_000;
/** Instructions that the dying have for their last words. */
const LAST_WORDS = 10_000_000;

/** A step could not be met; the message says which and why. */
export class StepError extends Error {}

/** What `--json` prints. */
export interface RunReport {
  /** Retired by all CPUs together since the machine's reset. */
  readonly instructions: number;
  /** Real time spent running. */
  readonly seconds: number;
  /** Million instructions of this run per second of real time. */
  readonly mips: number;
  readonly virtualSeconds: number;
  readonly hash: string | null;
  /** What was printed in this run. */
  readonly consoles: Readonly<Record<string, string>>;
  readonly unmodelled: readonly object[];
}

export class Runner {
  readonly machine: Machine;
  private readonly consoles: GuestConsoles;
  private readonly transcripts = new Transcripts();
  private readonly health: GuestHealth;
  private memoryIsZero = true;
  private seconds = 0;
  private executed = 0;

  /** `limit`: instructions in all; `show` gets what the consoles print; `profile` counts where time goes. */
  constructor(
    private readonly limit: number,
    show: (console: ConsoleId, bytes: Uint8Array) => void,
    profile?: Profile,
  ) {
    this.machine = new Machine(profile);
    this.health = new GuestHealth(this.machine);
    this.consoles = new GuestConsoles(this.machine, (console, bytes) => {
      show(console, bytes);
      this.health.printed(console, bytes);
      if (this.transcripts.append(console, bytes)) this.stop();
    });
  }

  /** A machine about to execute its first instruction. */
  coldBoot(images: readonly LoadedImage[], entry: { readonly pc: number; readonly x0: number }): void {
    for (const { address, bytes } of images) this.machine.bytes.set(bytes, DRAM_BASE + address);
    this.memoryIsZero = false;
    this.machine.start(BigInt(entry.pc), BigInt(entry.x0));
  }

  /** Goes on from a saved state. Throws `SnapshotError`. */
  load(file: Uint8Array): void {
    this.consoles.restore(loadMachine(this.machine, file, this.memoryIsZero));
    this.health.reset();
    this.memoryIsZero = false;
  }

  /** What command files run on: the same clock and limit as the other steps. */
  get commandHost(): Omit<CommandHost, 'print'> {
    return {
      machine: this.machine,
      run: (count) =>
        this.executed < this.limit ? this.run(Math.min(count, this.limit - this.executed), true) : 'stopped',
      type: (console, text) => this.consoles.type(console, text),
    };
  }

  /** Carries out one step of the machine. Throws `StepError` when it cannot be met. */
  step(step: MachineStep): void {
    if (step.kind === 'until') this.until(step.console, step.pattern);
    else if (step.kind === 'type') this.consoles.type(step.console, step.text);
    else if (step.kind === 'instructions') this.runExactly(step.count);
    else if (step.kind === 'save') writeFileSync(step.file, saveMachine(this.machine, this.consoles.save()));
    else if (step.kind === 'replay') this.replay(readFileSync(step.file));
    else this.load(readFileSync(step.file));
    if (step.kind === 'type' || step.kind === 'load') this.transcripts.forget();
  }

  report(wantsHash: boolean, consoles: readonly ConsoleId[]): RunReport {
    const { machine, seconds } = this;
    return {
      instructions: machine.instructions,
      seconds,
      mips: seconds > 0 ? this.executed / seconds / 1e6 : 0,
      virtualSeconds: machine.clock.windowStart / 1e9,
      hash: wantsHash ? hashMachine(machine) : null,
      consoles: this.transcripts.all(consoles),
      unmodelled: machine.unmodelled.accesses.map(describeAccess),
    };
  }

  /** One line for each CPU: where it is and what it does. */
  describeCpus(): string {
    return this.machine.cpus.map(({ index, state }) => {
      const activity = !this.machine.powered[index] ? 'off' : state.get(SLEEP) !== 0 ? 'asleep' : 'running';
      const vmid = (state.get(Reg.VTTBR_EL2 + 4) >>> 16) & 0xff;
      return `  CPU ${index}: EL${state.get(EL)} pc 0x${state.pc.toString(16)} VMID ${vmid} ${activity}`;
    }).join('\n'); // prettier-ignore
  }

  private until(console: ConsoleId, pattern: RegExp): void {
    const found = this.transcripts.await(console, pattern) || this.runUntilStopped(console);
    this.transcripts.stopWaiting();
    if (found) return;
    const tail = this.transcripts.tail(console, 400);
    const deaths = this.health.deaths.map(({ who, message }) => `\n${who} has died: ${message}`).join('');
    throw new StepError(`console ${console} did not print ${pattern.source}${deaths}\nIt ends with:\n${tail}`);
  }

  /** True when an output asked for the stop; false at the limit, or a while after the one that is waited for has died. */
  private runUntilStopped(console: ConsoleId): boolean {
    let end = this.limit;
    while (this.executed < end) {
      const result = this.run(Math.min(SLICE, end - this.executed));
      if (result === 'stopped') return true;
      if (result !== 'done') throw new StepError(ENDINGS[result]);
      if (end === this.limit && this.health.deathOf(console)) end = Math.min(end, this.executed + LAST_WORDS);
    }
    return false;
  }

  private runExactly(count: number): void {
    const target = this.executed + count;
    if (target > this.limit) throw new StepError(`${count} more instructions are beyond the limit of ${this.limit}`);
    while (this.executed < target) {
      const result = this.run(Math.min(SLICE, target - this.executed));
      if (result !== 'done' && result !== 'stopped') throw new StepError(ENDINGS[result]);
    }
  }

  /** Repeats what led from here to a saved state. Throws `SnapshotError`. */
  private replay(file: Uint8Array): void {
    const { extra, instructions } = describeSnapshot(file);
    const now = this.machine.instructions;
    if (instructions < now) throw new StepError(`the state is of ${instructions} instructions, which lie behind`);
    for (const entry of GuestConsoles.inputLogOf(extra)) {
      if (entry.instructions < now) continue;
      this.runExactly(entry.instructions - this.machine.instructions);
      this.consoles.send(Uint8Array.from(entry.bytes));
    }
    this.runExactly(instructions - this.machine.instructions);
  }

  /** At most `count` instructions. Comes back when anybody asks the machine to stop, if `isStopWanted`; else when this runner does. */
  run(count: number, isStopWanted = false): RunResult {
    const before = this.machine.instructions;
    const start = process.hrtime.bigint();
    this.consoles.isStopWanted = isStopWanted;
    const result = this.consoles.run(count);
    this.seconds += Number(process.hrtime.bigint() - start) / 1e9;
    this.executed += this.machine.instructions - before;
    return result;
  }

  private stop(): void {
    this.consoles.isStopWanted = true;
    this.machine.requestStop();
  }
}

const ENDINGS: Readonly<Record<Exclude<RunResult, 'done' | 'stopped'>, string>> = {
  idle: 'every CPU sleeps and nothing will wake any',
  off: 'the machine was switched off',
  reset: 'the machine asked to be reset',
};

function describeAccess({ what, address, width, pc, el, vmid, count }: UnmodelledAccess): object {
  const where = address === undefined ? {} : { address: `0x${address.toString(16)}`, width };
  return {
    what,
    ...where,
    pc: `0x${pc.toString(16)}`,
    el,
    domain: el === 2 || vmid === 0 ? null : `d${vmid - 1}`,
    count,
  };
}
