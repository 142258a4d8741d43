/** Names as a frame sees them: its variables, then the globals of its file, functions and symbols. */
import { STT_FUNC } from '../../formats/elf/symbol-table.ts';
import type { Variable } from '../symbols/scopes.ts';
import type { TypeSummary } from '../symbols/type-reader.ts';
import { VOID, type FunctionType, type Type, type TypeRef } from '../symbols/types.ts';
import { lookupPc, type Module, type PhysicalFrame } from '../unwinding/frame.ts';
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

/**
 * Where an expression is evaluated. `inlineDepth` selects a logical frame, 0 the innermost. Without a module there are registers, memory and the
 * types that C itself has.
 */
export interface FrameScopeOptions {
  readonly view: Pick<FrameView, 'frame' | 'unwinder'> & { readonly module: Module | undefined };
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
  readonly #frame: PhysicalFrame;
  /** Undefined when no module is known for the frame's code. */
  readonly #view: FrameView | undefined;
  readonly #inlineDepth: number;
  readonly #machine: MachineAccess;

  constructor({ view, inlineDepth, machine }: FrameScopeOptions) {
    const liveRegister = async (name: string): Promise<bigint | undefined> => (await machine.register(name))?.value;
    const { frame, module, unwinder } = view;
    this.#frame = frame;
    this.#view = module && { frame, module, unwinder, liveRegister };
    this.#inlineDepth = inlineDepth;
    this.#machine = machine;
  }

  /** Parameters and locals of the frame, innermost scope first. */
  async locals(): Promise<NamedValue[]> {
    const view = this.#view;
    if (!view) return [];
    const variables = await view.module.file.variablesAt(pcIn(view), this.#inlineDepth);
    return Promise.all(
      variables.map(async (it) => ({ name: it.name, kind: it.kind, value: await this.#value(it, view) })),
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
    const found = this.#view && (await this.#view.module.file.enumerator(name, pcIn(this.#view)));
    return found && constantValue(found.type.byteSize > 0 ? found.type : INT, found.value);
  }

  async type(name: string): Promise<Type | undefined> {
    return this.#view?.module.file.typeByName(name);
  }

  async resolve(ref: TypeRef): Promise<Type> {
    return this.#view ? this.#view.module.file.resolve(ref) : VOID;
  }

  async summary(ref: TypeRef): Promise<TypeSummary> {
    return this.#view ? this.#view.module.file.typeSummary(ref) : 'other';
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

  async #local(name: string): Promise<Value | undefined> {
    const view = this.#view;
    const variables = view ? await view.module.file.variablesAt(pcIn(view), this.#inlineDepth) : [];
    const variable = variables.find((it) => it.name === name);
    return view && variable && this.#value(variable, view);
  }

  #value(variable: Variable, view: FrameView): Promise<Value> {
    const context = frameContext(view, variable.unitOffset);
    return variableValue(variable, context, this, !this.#frame.isReturnAddress);
  }

  async #global(name: string, fileName?: string): Promise<Value | undefined> {
    if (!this.#view) return undefined;
    const { file, slide } = this.#view.module;
    const near = fileName === undefined ? pcIn(this.#view) : await file.addressInFile(fileName);
    // A name that the file has no symbol for would have every unit searched.
    const isKnown = file.symbols.named(name).length > 0;
    const found = isKnown ? await file.globalVariable(name, near) : await file.staticVariable(name, near);
    return found?.type && found.address !== undefined ? objectAt(found.type, found.address + slide, this) : undefined;
  }

  /** Functions, and symbols of assembly that have no type. */
  async #symbol(name: string): Promise<Value | undefined> {
    const symbol = this.#view?.module.file.symbols.named(name).at(0);
    if (!this.#view || !symbol) return undefined;
    const address = symbol.value + this.#view.module.slide;
    if (symbol.type !== STT_FUNC) return objectAt(UNSIGNED_LONG, address, this);
    const unknown: FunctionType = { kind: 'function', name: 'void ()', byteSize: 1, ref: 0, returns: 0 };
    const type = (await this.#view.module.file.functionType(symbol.value)) ?? unknown;
    return { type, bytes: new Uint8Array(), place: { kind: 'memory', address } };
  }
}

function pcIn({ frame, module }: FrameView): bigint {
  return lookupPc(frame, module);
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
