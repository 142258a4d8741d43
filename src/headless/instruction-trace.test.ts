/** The trace of the booted machine, judged by OpenCSD. Needs the default pack. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { hashMachine, loadMachine } from '../emulator/machine-state.ts';
import { Machine } from '../emulator/machine.ts';
import { decodeSnapshot, executedInstructions, hasOpenCsd } from '../testing/opencsd.ts';
import type { EtmContext } from '../trace/etm/encoder.ts';
import { instructionClass } from '../trace/etm/instruction-class.ts';
import { snapshotFiles } from '../trace/etm/snapshot.ts';
import { GuestConsoles } from '../workers/guest-consoles.ts';
import { InstructionTrace, watchInstructions } from '../workers/instruction-trace.ts';

const SNAPSHOT = join(import.meta.dirname, '../../public/packs/default/boot.snapshot');
/** `TRAPLINE_THOROUGH=1` traces as much as a release is judged by. */
const COUNT = process.env['TRAPLINE_THOROUGH'] === undefined ? 200_000 : 10_000_000;
/** Instructions until all domains are at work. */
const WARM_UP = 30_000_000;
const TRACED_CPU = 1;

function bootedMachine(): Machine {
  const machine = new Machine();
  const consoles = new GuestConsoles(machine, () => {});
  consoles.restore(loadMachine(machine, readFileSync(SNAPSHOT), true));
  for (const domain of ['d0', 'd1', 'd2'] as const) {
    consoles.type(domain, 'while true; do cat /sys/hypervisor/version/major; done\n');
  }
  for (const end = machine.instructions + WARM_UP; machine.instructions < end;) {
    consoles.run(end - machine.instructions);
  }
  return machine;
}

class CheckedTrace extends InstructionTrace {
  readonly addresses: bigint[] = [];
  readonly contexts: string[] = [];
  private context: EtmContext | undefined;
  private readonly texts = new Map<string, string>();

  /** One string for each context, however many instructions there are. */
  private contextText({ el, vmid, contextId }: EtmContext): string {
    const text = `EL${el} VMID 0x${vmid.toString(16)} CONTEXTID 0x${contextId.toString(16)}`;
    const known = this.texts.get(text) ?? text;
    this.texts.set(known, known);
    return known;
  }

  override step(...[pc, word, context]: Parameters<InstructionTrace['step']>): void {
    this.addresses.push(pc);
    // VTTBR_EL2 and CONTEXTIDR_EL1 count from the next barrier, branch or exception on.
    this.context ??= context;
    this.contexts.push(this.contextText(this.context));
    if (instructionClass(word) !== 'other') this.context = undefined;
    super.step(pc, word, context);
  }

  override exception(...parameters: Parameters<InstructionTrace['exception']>): void {
    this.context = undefined;
    super.exception(...parameters);
  }
}

describe.runIf(existsSync(SNAPSHOT) && hasOpenCsd())('the instruction trace of a guest at work', () => {
  const trace = new CheckedTrace();
  let hash: string;
  let ran: number;
  beforeAll(() => {
    const machine = bootedMachine();
    const start = machine.instructions;
    const stop = watchInstructions(machine, TRACED_CPU, trace);
    while (trace.instructions < COUNT) machine.run(100_000);
    stop();
    ran = machine.instructions - start;
    hash = hashMachine(machine);
  }, 600_000);

  it('is decoded by OpenCSD to exactly the instructions that were executed', () => {
    const lines = decodeSnapshot(snapshotFiles(trace.snapshot()));
    const { addresses, contexts } = executedInstructions(lines);
    expect(trace.conflicts).toBe(0);
    expect(addresses.length).toBe(trace.addresses.length);
    expect(addresses.findIndex((address, i) => address !== trace.addresses[i])).toBe(-1);
    expect(contexts.findIndex((context, i) => context !== trace.contexts[i])).toBe(-1);
    expect(lines.filter((line) => /ERROR|ADDR_NACC/.test(line))).toEqual([]);
    const who = new Set(contexts.map((context) => context.replace(/ CONTEXTID.*/, '')));
    for (const vmid of ['0x1', '0x2']) {
      for (const el of ['EL0', 'EL1', 'EL2']) expect(who).toContain(`${el} VMID ${vmid}`);
    }
  }, 600_000);

  it('does not change what the machine does', () => {
    const machine = bootedMachine();
    const end = machine.instructions + ran;
    while (machine.instructions < end) machine.run(end - machine.instructions);
    expect(hashMachine(machine)).toBe(hash);
  }, 600_000);
});
