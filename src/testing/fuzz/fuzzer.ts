/**
 * Random code under the monitor on two machines, one that only interprets and one that translates: both must go through the same states.
 *
 * A batch is one program of many sequences. It runs in pieces of random length, so that translated code is left at any instruction; breakpoints come and go in
 * between. Registers are compared after each piece; results, exceptions, memory and the rest of the state at the end.
 */
import { disassemble } from '../../arch/a64/disassemble.ts';
import { BUDGET, DAIF, EL, FPCR, FPSR, SLEEP, SLOT_SP, V, X } from '../../emulator/cpu/state.ts';
import { RECORD_SIZE } from '../../emulator/cpu/records.ts';
import { hashMachine } from '../../emulator/machine-state.ts';
import { Machine } from '../../emulator/machine.ts';
import { DRAM_BASE } from '../../emulator/memory-layout.ts';
import { randomWords } from '../a64-words.ts';
import type { Random } from './instructions.ts';
import * as layout from './layout.ts';
import { drawSequence, type Sequence } from './sequences.ts';
import { makeTables, type Trees } from './tables.ts';

/** Instructions without any sequence coming to its end after which the one that runs is given up. */
const PATIENCE = 60_000;
/** A program that has not ended after so many instructions has lost its monitor. */
const LIMIT = 40_000_000;
/** Batches of which one has the states' hashes compared: registers and memory are compared always. */
const HASHED = 8;
/** Samples of a record that have it translated together with others. */
const THRESHOLD = 2;

/** Before the first sequence nothing is known. */
const FRESH = { changesTables: true, isDebugged: true };

/** What a batch came to. */
export interface Outcome {
  /** Sequences that came to their end. */
  readonly sequences: number;
  readonly instructions: number;
  /** Breakpoints that were set on the way. */
  readonly breakpoints: number;
  /** Empty when the machines agree. */
  readonly difference: string;
}

interface Batch {
  readonly sequences: readonly Sequence[];
  readonly image: readonly (readonly [address: number, bytes: Uint8Array])[];
}

export class Fuzzer {
  readonly interpreted = new Machine();
  readonly translated = new Machine();
  private readonly machines = [this.interpreted, this.translated] as const;
  private readonly monitor = layout.assembleMonitor();
  private readonly trees = makeTables();
  private stops: [number, number] = [0, 0];

  constructor() {
    this.interpreted.translator.threshold = Infinity;
    this.translated.translator.threshold = THRESHOLD;
    // A breakpoint that lets the program go on is noted, by instruction count.
    this.machines.forEach((machine, i) => {
      machine.hooks.onBreakpoint = () => {
        this.stops[i] = (Math.imul(this.stops[i], 31) + machine.instructions) | 0;
        return false;
      };
    });
  }

  /** Runs one batch, which the seed decides altogether. */
  run(seed: number): Outcome {
    const random = randomWords((Math.imul(seed, 0x9e37_79b1) ^ 0x5bd1_e995) | 1);
    const batch = this.draw(random);
    this.stops = [0, 0];
    for (const machine of this.machines) this.load(machine, batch);
    this.translateAll(batch, random);
    const { breakpoints, difference } = this.execute(batch, random, seed % HASHED === 0);
    const sequences = Math.min(this.current(), layout.SEQUENCES);
    return { sequences, instructions: this.translated.instructions, breakpoints, difference };
  }

  private draw(random: Random): Batch {
    const sequences: Sequence[] = [];
    for (let index = 0; index < layout.SEQUENCES; index++)
      sequences.push(drawSequence(random, index, this.trees, sequences.at(-1) ?? FRESH));
    return { sequences, image: makeImage(this.monitor, this.trees, sequences, random) };
  }

  private load(machine: Machine, { image }: Batch): void {
    machine.bytes.fill(0, DRAM_BASE + layout.MONITOR, DRAM_BASE + layout.END);
    for (const [address, bytes] of image) machine.bytes.set(bytes, DRAM_BASE + address);
    machine.reset();
    machine.start(BigInt(layout.MONITOR), 0n);
  }

  /** Translates where sequences begin, many to a module, and some places in the middle. */
  private translateAll({ sequences }: Batch, random: Random): void {
    const { interpreter, translator } = this.translated;
    for (const [index, { length }] of sequences.entries()) {
      const starts = random() % 4 ? [0] : [0, random() % length];
      for (const start of starts) {
        const address = DRAM_BASE + layout.CODE + 4 * (index * layout.SLOT_WORDS + start);
        const page = address & ~0xfff;
        const slot = interpreter.pool.find(page) || interpreter.pool.allocate(page);
        for (let i = 0; i < THRESHOLD; i++) translator.sample(slot + ((address & 0xfff) >>> 2) * RECORD_SIZE);
      }
    }
  }

  private execute(batch: Batch, random: Random, isHashed: boolean): { breakpoints: number; difference: string } {
    let breakpoints = 0;
    let progress = { sequence: 0, instructions: 0 };
    const set = new Set<number>();
    for (;;) {
      const piece = random() % 8 ? 1 + (random() % 30_000) : 1 + (random() % 200);
      const [expected, found] = this.machines.map((machine) => machine.run(piece));
      const difference =
        expected === found ? this.differenceNow() : `the interpreter is ${expected}, the other ${found}`;
      if (difference) return { breakpoints, difference: this.explain(batch, difference) };
      if (expected !== 'done' && expected !== 'idle') break;
      const sequence = this.current();
      if (sequence >= layout.SEQUENCES) break;
      const { instructions } = this.interpreted;
      if (sequence !== progress.sequence) progress = { sequence, instructions };
      if (expected === 'idle' || instructions - progress.instructions > PATIENCE) {
        progress.instructions = instructions;
        this.giveUp();
      }
      if (instructions > LIMIT) break;
      if (random() % 4 === 0) breakpoints += this.changeBreakpoint(batch, set, random);
    }
    for (const address of set) for (const machine of this.machines) machine.setBreakpoint(address, false);
    return { breakpoints, difference: this.finalDifference(batch, isHashed) };
  }

  /** Goes on with the next sequence: this one loops or sleeps with interrupts masked. */
  private giveUp(): void {
    for (const { cpus } of this.machines) {
      cpus[0].state.pc = BigInt(layout.ABORT);
      cpus[0].state.set(SLEEP, 0);
    }
  }

  /** Sets a breakpoint a little ahead of the sequence that runs, or takes one away; 1 when it was set. */
  private changeBreakpoint({ sequences }: Batch, set: Set<number>, random: Random): number {
    const index = this.current() + (random() % 8);
    if (index >= layout.SEQUENCES) return 0;
    const offset = 4 * (index * layout.SLOT_WORDS + (random() % sequences[index].length));
    const address = set.size > 6 ? [...set][random() % set.size] : DRAM_BASE + layout.CODE + offset;
    const isNew = !set.has(address);
    for (const machine of this.machines) machine.setBreakpoint(address, isNew);
    if (isNew) set.add(address);
    else set.delete(address);
    return isNew ? 1 : 0;
  }

  /** Sequence that the interpreter is at. */
  private current(): number {
    return new DataView(this.interpreted.memory.buffer).getUint32(DRAM_BASE + layout.CURRENT, true);
  }

  /** Compares what the CPU holds; empty when it is the same. */
  private differenceNow(): string {
    const [a, b] = this.machines.map(describeCpu);
    if (this.stops[0] !== this.stops[1]) return 'breakpoints were met at other times';
    const at = a.findIndex((text, i) => text !== b[i]);
    return at < 0 ? '' : `${a[at]} interpreted, ${b[at]} translated`;
  }

  private finalDifference(batch: Batch, isHashed: boolean): string {
    const [a, b] = this.machines.map(({ bytes }) =>
      Buffer.from(bytes.buffer, DRAM_BASE + layout.MONITOR, layout.END - layout.MONITOR),
    );
    if (a.equals(b)) {
      if (!isHashed) return '';
      const [expected, found] = this.machines.map(hashMachine);
      return expected === found ? '' : 'the hashes of the states differ';
    }
    const at = layout.MONITOR + a.findIndex((byte, i) => byte !== b[i]);
    return this.explain(batch, `memory differs at 0x${at.toString(16)}`, this.sequenceOf(at));
  }

  /** The sequence that the memory at an address tells of. */
  private sequenceOf(address: number): number | undefined {
    if (address >= layout.RESULTS && address < layout.LOG) return (address - layout.RESULTS) >>> 10;
    if (address >= layout.CODE && address < layout.WINDOW) return (address - layout.CODE) >>> 8;
    return undefined;
  }

  private explain({ sequences }: Batch, difference: string, index = this.current()): string {
    const sequence = sequences[index];
    if (!sequence) return difference;
    const base = layout.CODE + index * layout.SLOT_WORDS * 4;
    const lines = Array.from(sequence.code.subarray(0, sequence.length + 1), (word, i) => {
      const address = base + i * 4;
      return `  ${address.toString(16)}  ${word.toString(16).padStart(8, '0')}  ${disassemble(word, BigInt(address))}`;
    });
    return [`${difference}, sequence ${index}:`, ...lines].join('\n');
  }
}

function describeCpu({ cpus, instructions }: Machine): string[] {
  const { state } = cpus[0];
  const { u64 } = state;
  const general = Array.from(
    u64.subarray(X >>> 3, (X >>> 3) + SLOT_SP + 1),
    (value, n) => `X${n} 0x${value.toString(16)}`,
  );
  const vectors = Array.from(u64.subarray(V >>> 3, (V >>> 3) + 64), (value, n) => `V${n >> 1} 0x${value.toString(16)}`);
  return [
    `count ${instructions}`,
    `PC 0x${state.pc.toString(16)}`,
    ...general.filter((_, n) => n !== 31),
    `flags ${state.nzcv.toString(16)} EL${state.get(EL)} DAIF ${state.get(DAIF)} budget ${state.get(BUDGET)}`,
    `FPCR ${state.get(FPCR).toString(16)} FPSR ${state.get(FPSR).toString(16)}`,
    ...vectors,
  ];
}

function makeImage(
  monitor: Uint8Array,
  trees: Trees,
  sequences: readonly Sequence[],
  random: Random,
): (readonly [number, Uint8Array])[] {
  const noise = (length: number): Uint8Array => new Uint8Array(Uint32Array.from({ length: length / 4 }, random).buffer);
  return [
    [layout.MONITOR, monitor],
    ...[...trees.entries].map(([at, entry]) => [at, new Uint8Array(BigUint64Array.of(entry).buffer)] as const),
    ...sequences.map(({ code }, i) => [layout.CODE + i * layout.SLOT_WORDS * 4, new Uint8Array(code.buffer)] as const),
    ...sequences.map(({ descriptor }, i) => [layout.DESCRIPTORS + i * 512, descriptor] as const),
    [layout.WINDOW, noise(layout.WINDOW_PAGES * 0x1000)],
    [layout.POOL, floats(random)],
  ];
}

/** Doubles and singles of all kinds beside plain bits. */
function floats(random: Random): Uint8Array {
  const special = [0, 0x8000_0000, 0x3f80_0000, 0xbff0_0000, 0x7f80_0000, 0xff80_0001, 0x7fc0_0000, 0x7ff0_0000, 0x7ff8_0001, 1, 0x007f_ffff, 0x4330_0000]; // prettier-ignore
  const draw = (): number => (random() % 3 ? special[random() % special.length] : random());
  return new Uint8Array(Uint32Array.from({ length: layout.POOL_SIZE / 4 }, draw).buffer);
}
