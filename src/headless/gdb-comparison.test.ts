/** Backtraces and variables of kernels and of Xen at random stops, against those of gdb-multiarch connected to our own server. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  DW_OP_GNU_entry_value,
  DW_OP_GNU_parameter_ref,
  DW_OP_entry_value,
  DW_OP_reg0,
} from '../formats/dwarf/constants.ts';
import { lookupPc } from '../debugger/unwinding/frame.ts';
import type { AddressSpace } from '../debugger/contexts/spaces.ts';
import type { NamedValue } from '../debugger/expressions/frame-scope.ts';
import { toInteger } from '../debugger/expressions/value.ts';
import type { ThreadId } from '../debugger/gdb-server/threads.ts';
import { XEN_PID } from '../debugger/gdb-server/threads.ts';
import type { FrameRow } from '../debugger/stack/inspection.ts';
import { strip } from '../debugger/symbols/types.ts';
import {
  type BusySystem,
  DEFAULT_PACK,
  hasDefaultPack,
  openBusySystem,
  runToLevel,
  sampleSize,
} from '../testing/busy-system.ts';
import { randomNumbers } from '../testing/cross-compile.ts';
import { ownerOf } from '../debugger/stack/code-space.ts';
import { llvmFrames } from '../testing/symbolizers.ts';
import { type GdbFrame, GdbStacks, type GdbVariable } from '../testing/gdb-stacks.ts';

const STOPS = sampleSize(12, 150);
/** Frames whose variables are compared. */
const DEPTH = 6;
/** Functions whose parameters are known by what their callers passed: gdb and we do not agree on all of them. */
const PROBED: Readonly<Record<string, readonly string[]>> = {
  kernel: ['unmap_page_range', 'path_openat', 'filemap_map_pages', 'blake2s_update', '__handle_mm_fault'],
  xen: ['test_and_set_bit'],
};
const SCALARS: readonly string[] = ['base', 'pointer', 'enum'];

/** A row of ours in gdb's words. */
interface OwnFrame extends GdbFrame {
  readonly row: FrameRow;
  /** Variables that are what a register held at the function's entry, which the caller knows. */
  readonly entryValues: ReadonlyMap<string, number>;
}

describe.skipIf(!hasDefaultPack)('against gdb at random stops', () => {
  let busy: BusySystem;
  /** X0-X7 at entries of probed functions, by VMID and SP. */
  const entered = new Map<string, readonly bigint[]>();
  beforeAll(async () => {
    busy = await openBusySystem();
    const { port, session } = busy;
    const note = (cpu: number): boolean => {
      const { el, vmid, sp } = port.status(cpu);
      const registers = Array.from({ length: 8 }, (_, n) => port.readRegister(cpu, `X${n}`)!);
      entered.set(`${el === 2 ? 'xen' : vmid} ${sp}`, registers);
      return false;
    };
    for (const { role, file } of session.system.modules.all) {
      const found = (PROBED[role] ?? []).flatMap((name) => file.symbols.named(name));
      const filter = { el: role === 'xen' ? 2 : 1, accept: note };
      for (const { value: address } of found) port.addBreakpoint({ address, space: 'va', filter });
    }
  }, 300_000);

  /** Frames of the level that a pCPU executes at: gdb knows nothing of exceptions. */
  async function ownFrames(cpu: number): Promise<OwnFrame[]> {
    const { stacks } = busy.session;
    const rows: OwnFrame[] = [];
    for await (const row of stacks.rows(stacks.topOfCpu(cpu))) {
      if (row.kind !== 'frame') break;
      const { function: name, file, line, inlined } = row.frame;
      const locals = rows.length < DEPTH ? await ownVariables(row) : [];
      const entryValues = rows.length < DEPTH ? await entryValuesOf(row) : new Map<string, number>();
      rows.push({
        name,
        pc: row.pc,
        file: file.split('/').at(-1) ?? '',
        line,
        isInline: inlined,
        locals,
        row,
        entryValues,
      });
    }
    return rows;
  }

  async function ownVariables(row: FrameRow): Promise<GdbVariable[]> {
    const locals = await busy.session.inspector.scope(row).locals();
    return locals.map((it) => ({ name: it.name, value: gdbText(it) }));
  }

  async function compare(el: 1 | 2, symbols: string, seed: number): Promise<Tally> {
    const random = randomNumbers(seed);
    const path = join(DEFAULT_PACK, symbols);
    const gdb = new GdbStacks(path);
    const tally = new Tally(
      el === 2,
      (pc) => llvmFrames(path, pc),
      (space, at) => {
        const who = space.kind === 'guest' ? busy.session.system.vmidOf(space.domain) : space.kind;
        return entered.get(`${who} ${at}`);
      },
    );
    try {
      for (; tally.stops < STOPS; tally.stops++) {
        const cpu = runToLevel(busy, el, random);
        const { domain, vcpu } = busy.session.system.context(cpu);
        const thread: ThreadId = el === 2 ? { pid: XEN_PID, tid: cpu + 1 } : { pid: domain! + 1, tid: vcpu! + 1 };
        const theirs = await gdb.stack(busy.session.system, thread, DEPTH);
        await tally.compare(await ownFrames(cpu), theirs);
      }
    } finally {
      gdb.close();
    }
    console.log(`${symbols}: ${tally.figures}`);
    return tally;
  }

  it('finds the frames and variables of kernels', async () => {
    const tally = await compare(1, 'vmlinux', 21);
    expect(tally.differences).toEqual([]);
    expect(tally.frames).toBeGreaterThan(STOPS * 4);
    expect(tally.variables).toBeGreaterThan(STOPS * 4);
  }, 900_000);

  it('finds the frames and variables of Xen, as far as gdb gets without call frame information', async () => {
    const tally = await compare(2, 'xen-syms', 22);
    expect(tally.differences).toEqual([]);
    expect(tally.frames).toBeGreaterThan(STOPS * 1.5);
    expect(tally.variables).toBeGreaterThan(STOPS);
  }, 900_000);
});

/** What a run of stops came to: differences that nothing explains, and how many are explained by what. */
class Tally {
  stops = 0;
  frames = 0;
  variables = 0;
  readonly differences: string[] = [];
  readonly #explained = new Map<string, number>();

  constructor(
    /** There is no call frame information: gdb guesses from the prologue. */
    private readonly isGuess: boolean,
    private readonly referee: (pc: bigint) => readonly string[],
    /** X0-X7 as they were when a probed function was entered with this SP. */
    private readonly entered: (space: AddressSpace, sp: bigint) => readonly bigint[] | undefined,
  ) {}

  get figures(): string {
    const explained = [...this.#explained].map(([why, count]) => `${count} ${why}`).join('; ');
    return `${this.stops} stops, ${this.frames} frames, ${this.variables} variables, ${this.differences.length} unexplained differences. Explained: ${explained}`;
  }

  async compare(own: readonly OwnFrame[], gdb: readonly GdbFrame[]): Promise<void> {
    for (const [i, frame] of own.entries()) {
      const other = gdb.at(i);
      if (other?.name !== frame.name || other.pc !== frame.pc) {
        await this.#caller(own, gdb, i);
        return;
      }
      this.frames++;
      this.#line(own, i, other);
      if (!this.isGuess || frame.pc === own[0].pc) this.#variables(frame, other);
    }
  }

  /** The stacks differ from frame `i` on. */
  async #caller(own: readonly OwnFrame[], gdb: readonly GdbFrame[], i: number): Promise<void> {
    const [frame, other, callee] = [own[i], gdb.at(i), own.at(i - 1)];
    const isProven = i > 0 && (await followsCall(frame));
    if (!other && isOtherStack(frame, callee)) this.#explain('stacks that gdb does not follow to another stack');
    else if (i === 0 && frame.row.frame.offset < PATCHABLE && frame.pc === other?.pc) this.#explain(ROOM);
    else if (this.isGuess && isProven && !other) this.#explain('stacks where gdb gives up');
    else if (this.isGuess && isProven && other?.name === null) this.#explain('stacks where gdb finds no function');
    else if (this.isGuess && isProven && isInSameFunction(callee, gdb, i))
      this.#explain('stacks where gdb takes a stale X30');
    else this.differences.push(`${place(own[0])} #${i}: ${place(frame)}, gdb ${other && place(other)}`);
  }

  /** gdb leaves out rows of the line table that no statement begins with. */
  #line(own: readonly OwnFrame[], i: number, other: GdbFrame): void {
    const frame = own[i];
    if (place(frame) === place(other)) return;
    const samePc = own.filter(({ pc }) => pc === frame.pc);
    const expected = this.referee(frame.row.frame.physical.isReturnAddress ? frame.pc - 1n : frame.pc);
    const text = `${frame.name}|${frame.file}|${frame.line}`;
    const { offset } = frame.row.frame;
    if (expected[samePc.indexOf(frame)] === text) this.#explain('lines where llvm-symbolizer agrees with us');
    else if (offset < PATCHABLE && i === 0) this.#explain(ROOM);
    else this.differences.push(`${place(frame)}, gdb ${place(other)}, llvm ${expected.join(' < ')}`);
  }

  #variables(frame: OwnFrame, other: GdbFrame): void {
    const values = new Map(frame.locals.map(({ name, value }) => [name, value]));
    for (const { name, value } of other.locals) {
      const text = values.get(name);
      if (text === value) this.variables++;
      else if (text === undefined) this.#explain('variables of blocks without code');
      else if (text !== undefined && this.#isProven(frame, name, text))
        this.#explain('values at entry that the machine confirms');
      else if (value === GONE && frame.entryValues.has(name))
        this.#explain('values at entry that gdb does not look for');
      else if (value === '?' || value.startsWith('!')) this.#explain('variables that gdb cannot show');
      else this.differences.push(`${place(frame)} ${name}: ${text}, gdb ${value}`);
    }
  }

  /** The register had this value when the function was entered. */
  #isProven(frame: OwnFrame, name: string, text: string): boolean {
    const register = frame.entryValues.get(name);
    const { cfa } = frame.row.frame.physical;
    const entered = cfa === undefined ? undefined : this.entered(ownerOf(frame.row.frame.physical).space, cfa);
    if (register === undefined || entered?.[register] === undefined || !/^-?\w+$/.test(text)) return false;
    return [entered[register], BigInt.asIntN(32, entered[register])].includes(BigInt(text));
  }

  #explain(why: string): void {
    this.#explained.set(why, (this.#explained.get(why) ?? 0) + 1);
  }
}

const ENTRY_VALUE: readonly number[] = [DW_OP_entry_value, DW_OP_GNU_entry_value, DW_OP_GNU_parameter_ref];
/** Bytes of NOPs at the entry of a kernel's functions: their line is that of whatever comes before. */
const PATCHABLE = 8n;
const ROOM = 'places in the room for patches at the entry of a function';
const GONE = '<optimized out>';

/** Bytes of a kernel's stack, at most. */
const STACK_SIZE = 0x4000n;

function isOtherStack(a: OwnFrame, b: OwnFrame | undefined): boolean {
  const [one, other] = [a, b].map((frame) => frame?.row.frame.physical.registers.sp ?? 0n);
  return b !== undefined && (one > other ? one - other : other - one) > STACK_SIZE;
}

const place = ({ name, pc, file, line }: GdbFrame): string => `${name} 0x${pc.toString(16)} ${file}:${line}`;

/** Without having seen a function's prologue gdb takes it for a leaf: its caller then is where its own last call returned to. */
function isInSameFunction(callee: OwnFrame | undefined, gdb: readonly GdbFrame[], i: number): boolean {
  const physical = gdb.slice(0, i).filter((frame) => frame.pc === callee?.pc && !frame.isInline);
  const pc = gdb[i].pc;
  const outer = gdb.slice(i).find((frame) => frame.pc === pc && !frame.isInline);
  return outer !== undefined && physical.some(({ name }) => name === outer.name);
}

const BL = 0b100101;

/** Control came to the frame's callee by a BL or BLR, or from assembly. */
async function followsCall({ row, file }: OwnFrame): Promise<boolean> {
  const { space, isReturnAddress } = row.frame.physical;
  if (file?.endsWith('.S')) return true;
  const bytes = await space.readMemory(row.pc - 4n, 4);
  const word = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return isReturnAddress && (word >>> 26 === BL || (word & 0xffff_fc1f) >>> 0 === 0xd63f_0000);
}

/** Numbers of the registers that they were in; -1 for other expressions of that kind. */
async function entryValuesOf(row: FrameRow): Promise<ReadonlyMap<string, number>> {
  const { physical, inlineDepth } = row.frame;
  const module = physical.space.moduleAt(physical.pc - 1n);
  const variables = module ? await module.file.variablesAt(lookupPc(physical, module), inlineDepth) : [];
  return new Map(
    variables.flatMap(({ name, location }): [string, number][] => {
      const expression = location.kind === 'expression' ? location.expression : new Uint8Array();
      if (!expression.some((byte) => ENTRY_VALUE.includes(byte))) return [];
      return [[name, ENTRY_VALUE.includes(expression[0]) && expression.length === 4 ? expression[2] - DW_OP_reg0 : -1]];
    }),
  );
}

function gdbText({ value }: NamedValue): string {
  if (!value.bytes) return GONE;
  const bare = strip(value.type);
  if (!SCALARS.includes(bare.kind))
    return value.place?.kind === 'memory' ? `@0x${value.place.address.toString(16)}` : '?';
  const integer = toInteger(value)!;
  return bare.kind === 'pointer' ? `0x${integer.toString(16)}` : `${integer}`;
}
