/** Runs uop definitions one instruction at a time, without an interpreter around them (tests only). */
import { decode } from '../arch/a64/decode.ts';
import { ModuleBuilder, type FunctionRef } from '../wasm/module.ts';
import type { Cpu } from '../emulator/cpu/cpu.ts';
import { allHelpers } from '../emulator/cpu/helpers.ts';
import { FunctionContext } from '../emulator/cpu/interpreter-context.ts';
import { RecordPool } from '../emulator/cpu/records.ts';
import { CpuState, FPCR, FPSR, V } from '../emulator/cpu/state.ts';
import { definitionOf, variantKey, type UopDefinition } from '../emulator/cpu/uops/define.ts';
import { RECORDS_BASE } from '../emulator/memory-layout.ts';
import type { UserState } from './user-oracle.ts';

const PAGES = RECORDS_BASE / 0x1_0000 + 1;
const MASK64 = 0xffff_ffff_ffff_ffffn;

type Run = (cpu: number, record: number) => number;

/** One CPU that knows registers only. */
export class UopRunner {
  /** Calls of each helper so far. */
  readonly helperCalls = new Map<string, number>();
  readonly state: CpuState;
  readonly #memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  readonly #records = new RecordPool(this.#memory.buffer);
  readonly #variants = new Map<string, Run>();
  readonly #helpers: Record<string, unknown> = {};

  constructor() {
    this.state = new CpuState(this.#memory.buffer, 0);
    const cpu = { index: 0, state: this.state, memory: this.#memory.buffer } as unknown as Cpu;
    for (const [name, { run }] of allHelpers())
      this.#helpers[name] = (_base: number, ...args: number[]) => {
        this.helperCalls.set(name, (this.helperCalls.get(name) ?? 0) + 1);
        return run(cpu, ...args);
      };
  }

  /** Runs one instruction on registers as the oracle has them; the word must have a row and a definition. */
  run(word: number, before: UserState): UserState {
    const decoded = decode(word);
    const definition = decoded && definitionOf(decoded.row.name);
    if (!decoded || !definition) throw new Error(`no definition of ${decoded?.row.name ?? word.toString(16)}`);
    this.#load(before);
    const record = RECORDS_BASE;
    this.#records.write(record, 2, definition.operands(decoded.fields));
    this.#variant(definition, definition.statics(decoded.fields))(this.state.base, record);
    return this.#store(before.fpcr);
  }

  #load(s: UserState): void {
    const { state } = this;
    s.v.forEach((value, n) => {
      state.set64(V + 16 * n, value & MASK64);
      state.set64(V + 16 * n + 8, value >> 64n);
    });
    s.x.forEach((value, n) => state.setX(n, value));
    state.nzcv = s.nzcv;
    state.set(FPCR, s.fpcr);
    state.set(FPSR, s.fpsr);
  }

  #store(fpcr: number): UserState {
    const { state } = this;
    const v = (n: number): bigint => state.get64(V + 16 * n) | (state.get64(V + 16 * n + 8) << 64n);
    return {
      v: [v(0), v(1), v(2), v(3)],
      x: [state.x(0), state.x(1), state.x(2)],
      nzcv: state.nzcv,
      fpcr,
      fpsr: state.get(FPSR),
    };
  }

  #variant(definition: UopDefinition, statics: Record<string, number>): Run {
    const key = variantKey(definition, statics);
    let run = this.#variants.get(key);
    if (!run) {
      run = this.#build(definition, statics);
      this.#variants.set(key, run);
    }
    return run;
  }

  #build(definition: UopDefinition, statics: Record<string, number>): Run {
    const module = new ModuleBuilder();
    module.importMemory('env', 'memory', PAGES, PAGES);
    const refs = new Map<string, FunctionRef>();
    for (const [name, { params, result }] of allHelpers())
      refs.set(name, module.importFunction('env', name, { params: ['i32', ...params], result }));
    const run = module.define({ params: ['i32', 'i32'], result: 'i32' }, (f) => {
      definition.emit(new FunctionContext(f, refs), statics);
      f.return(0);
      f.unreachable();
    });
    module.export('run', run);
    const imports = { memory: this.#memory, ...this.#helpers };
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { env: imports });
    return instance.exports['run'] as Run;
  }
}
