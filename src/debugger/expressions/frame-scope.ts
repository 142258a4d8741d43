/** Names as a frame sees them: its variables, then the globals of its file, functions and symbols. */
import { STT_FUNC } from '../../formats/elf/symbol-table.ts';
import type { SymbolFile } from '../symbols/symbol-file.ts';
import type { FunctionType, Type, TypeRef } from '../symbols/types.ts';
import { lookupPc, type PhysicalFrame } from '../unwinding/frame.ts';
import { INT, UNSIGNED_LONG } from './c-types.ts';
import { objectAt } from './evaluator.ts';
import { frameContext, type FrameView } from './frame-context.ts';
import { variableValue } from './locate.ts';
import type { ExpressionScope, RegisterValue } from './scope.ts';
import { constantValue, type Value } from './value.ts';

/** What the machine, as opposed to the program, answers for. */
export interface MachineAccess {
  /** A register by name, in any case: `X0`, `SP`, `PC`, `ESR_EL2`, `V0`. General ones are those of the youngest frame. */
  register(name: string): Promise<RegisterValue | undefined>;
  writeRegister(name: string, value: bigint): Promise<void>;
  writeMemory(address: bigint, bytes: Uint8Array): Promise<void>;
}

/** Where an expression is evaluated. `inlineDepth` selects a logical frame, 0 the innermost. */
export interface FrameScopeOptions {
  readonly view: Omit<FrameView, 'liveRegister'>;
  readonly inlineDepth: number;
  readonly machine: MachineAccess;
}

/** A variable with its value, for lists of locals. */
export interface NamedValue {
  readonly name: string;
  readonly kind: 'parameter' | 'local' | 'static' | 'global';
  readonly value: Value;
}

/** The scope of one logical frame. */
export class FrameScope implements ExpressionScope {
  readonly #view: FrameView;
  readonly #inlineDepth: number;
  readonly #machine: MachineAccess;

  constructor({ view, inlineDepth, machine }: FrameScopeOptions) {
    const liveRegister = async (name: string): Promise<bigint | undefined> => (await machine.register(name))?.value;
    this.#view = { ...view, liveRegister };
    this.#inlineDepth = inlineDepth;
    this.#machine = machine;
  }

  /** Parameters and locals of the frame, innermost scope first. */
  async locals(): Promise<NamedValue[]> {
    const variables = await this.#file.variablesAt(this.#pc, this.#inlineDepth);
    return Promise.all(
      variables.map(async (variable) => {
        const context = frameContext(this.#view, variable.unitOffset);
        const value = await variableValue(variable, context, this, !this.#frame.isReturnAddress);
        return { name: variable.name, kind: variable.kind, value };
      }),
    );
  }

  async variable(name: string, file?: string): Promise<Value | undefined> {
    const local = file === undefined ? await this.#local(name) : undefined;
    return local ?? (await this.#global(name, file)) ?? this.#symbol(name);
  }

  /** General registers are this frame's own, as far as they are known; all others the machine's. */
  async register(name: string): Promise<RegisterValue | undefined> {
    const number = generalRegister(name);
    if (number === undefined) return this.#machine.register(name);
    const value = number === PC ? this.#frame.pc : this.#frame.registers.get(number);
    if (value === undefined) return undefined;
    const isHalf = /^w\d/i.test(name);
    return { name, value: isHalf ? BigInt.asUintN(32, value) : value, size: isHalf ? 4 : 8 };
  }

  async enumerator(name: string): Promise<Value | undefined> {
    const found = await this.#file.enumerator(name, this.#pc);
    return found && constantValue(found.type.byteSize > 0 ? found.type : INT, found.value);
  }

  type(name: string): Promise<Type | undefined> {
    return this.#file.typeByName(name);
  }

  resolve(ref: TypeRef): Promise<Type> {
    return this.#file.resolve(ref);
  }

  /** Xen names them `per_cpu__x`; both kernels keep the distances to each CPU's copies in `__per_cpu_offset`. */
  async perCpu(name: string, cpu: bigint): Promise<Value | undefined> {
    const variable = (await this.#global(`per_cpu__${name}`)) ?? (await this.#global(name));
    const offsets = await this.#global('__per_cpu_offset');
    if (variable?.place?.kind !== 'memory' || offsets?.place?.kind !== 'memory') return undefined;
    const bytes = await this.readMemory(offsets.place.address + cpu * 8n, 8);
    const offset = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
    return objectAt(variable.type, variable.place.address + offset, this);
  }

  readMemory(address: bigint, length: number): Promise<Uint8Array> {
    return this.#frame.space.readMemory(address, length);
  }

  writeMemory(address: bigint, bytes: Uint8Array): Promise<void> {
    return this.#machine.writeMemory(address, bytes);
  }

  async writeRegister(name: string, value: bigint): Promise<void> {
    const isSaved = this.#frame.isReturnAddress && generalRegister(name) !== undefined;
    if (isSaved) throw new Error(`${name} of a calling frame is saved in memory and cannot be set here`);
    await this.#machine.writeRegister(name, value);
  }

  async symbolize(address: bigint): Promise<string | undefined> {
    const module = this.#frame.space.moduleAt(address);
    const symbol = module?.file.symbols.covering(address - module.slide);
    if (!module || !symbol) return undefined;
    const offset = address - module.slide - symbol.value;
    return offset === 0n ? symbol.name : `${symbol.name}+${offset}`;
  }

  get #frame(): PhysicalFrame {
    return this.#view.frame;
  }

  get #file(): SymbolFile {
    return this.#view.module.file;
  }

  get #pc(): bigint {
    return lookupPc(this.#frame, this.#view.module);
  }

  async #local(name: string): Promise<Value | undefined> {
    const variables = await this.#file.variablesAt(this.#pc, this.#inlineDepth);
    const variable = variables.find((it) => it.name === name);
    if (!variable) return undefined;
    const context = frameContext(this.#view, variable.unitOffset);
    return variableValue(variable, context, this, !this.#frame.isReturnAddress);
  }

  async #global(name: string, file?: string): Promise<Value | undefined> {
    const near = file === undefined ? this.#pc : await this.#file.addressInFile(file);
    // A name that the file has no symbol for would have every unit searched.
    const isKnown = this.#file.symbols.named(name).length > 0;
    const found = isKnown ? await this.#file.globalVariable(name, near) : await this.#file.staticVariable(name, near);
    if (!found?.type || found.address === undefined) return undefined;
    return objectAt(found.type, found.address + this.#view.module.slide, this);
  }

  /** Functions, and symbols of assembly that have no type. */
  async #symbol(name: string): Promise<Value | undefined> {
    const [symbol] = this.#file.symbols.named(name);
    if (!symbol) return undefined;
    const address = symbol.value + this.#view.module.slide;
    if (symbol.type !== STT_FUNC) return objectAt(UNSIGNED_LONG, address, this);
    const type: FunctionType = { kind: 'function', name: 'void ()', byteSize: 1, ref: 0, returns: 0 };
    return { type, bytes: new Uint8Array(), place: { kind: 'memory', address } };
  }
}

const PC = 32;

/** DWARF number of a general register's name. */
function generalRegister(name: string): number | undefined {
  const lower = name.toLowerCase();
  if (lower === 'sp') return 31;
  if (lower === 'pc') return PC;
  if (lower === 'lr') return 30;
  if (lower === 'fp') return 29;
  const match = /^[xw](\d|[12]\d|30)$/.exec(lower);
  return match ? Number(match[1]) : undefined;
}
