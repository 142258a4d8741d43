/**
 * The TypeScript functions that wasm code may call. Each takes the executing CPU and 32-bit (or float) arguments; `status` ones answer with a `Status`.
 * A group of helpers registers itself where it is defined; the interpreter and translated modules import all of them by name.
 */
import type { ValType } from '../../wasm/types.ts';
import { Status, type Cpu } from './cpu.ts';
import { EVENT } from './state.ts';

/** One helper. `params` are those after the CPU's base address. */
export interface Helper {
  readonly params: readonly ValType[];
  readonly result?: ValType;
  readonly run: (cpu: Cpu, ...args: number[]) => number | void;
}

const registry = new Map<string, Helper>();

/** Registers a helper under a name that uops use with `c.call`. */
export function defineHelper(name: string, helper: Helper): void {
  if (registry.has(name)) throw new Error(`helper ${name} is defined twice`);
  registry.set(name, helper);
}

/** All helpers in the order of registration. */
export function allHelpers(): ReadonlyMap<string, Helper> {
  return registry;
}

const i32x = (n: number): ValType[] => Array.from({ length: n }, () => 'i32');

defineHelper('mrs', { params: i32x(2), result: 'i32', run: (cpu, e, rt) => cpu.sys.mrs(cpu, e, rt) });
defineHelper('msr', { params: i32x(2), result: 'i32', run: (cpu, e, rt) => cpu.sys.msr(cpu, e, rt) });
defineHelper('msrImmediate', {
  params: i32x(2),
  result: 'i32',
  run: (cpu, e, crm) => cpu.sys.msrImmediate(cpu, e, crm),
});
defineHelper('sys', { params: i32x(3), result: 'i32', run: (cpu, e, rt, load) => cpu.sys.sys(cpu, e, rt, load) });
defineHelper('svc', { params: i32x(1), result: 'i32', run: (cpu, imm) => cpu.exceptions.svc(cpu, imm) });
defineHelper('hvc', { params: i32x(1), result: 'i32', run: (cpu, imm) => cpu.exceptions.hvc(cpu, imm) });
defineHelper('smc', { params: i32x(1), result: 'i32', run: (cpu, imm) => cpu.exceptions.smc(cpu, imm) });
defineHelper('brk', { params: i32x(1), result: 'i32', run: (cpu, imm) => cpu.exceptions.brk(cpu, imm) });
defineHelper('hlt', { params: i32x(1), result: 'i32', run: (cpu, imm) => cpu.exceptions.hlt(cpu, imm) });
defineHelper('undefined', { params: [], result: 'i32', run: (cpu) => cpu.exceptions.undefined(cpu) });
defineHelper('eret', { params: [], result: 'i32', run: (cpu) => cpu.exceptions.eret(cpu) });
defineHelper('wait', { params: i32x(1), result: 'i32', run: (cpu, isWfe) => cpu.exceptions.wait(cpu, isWfe) });
defineHelper('spAlignment', { params: [], result: 'i32', run: (cpu) => cpu.exceptions.spAlignment(cpu) });
defineHelper('checkFpAccess', { params: [], result: 'i32', run: (cpu) => cpu.exceptions.checkFpAccess(cpu) });
defineHelper('sev', {
  params: [],
  result: 'i32',
  run: (cpu) => {
    for (const other of cpu.host.cpus) other.state.set(EVENT, 1);
    return Status.next;
  },
});
