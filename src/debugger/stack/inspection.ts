/** Looks into a frame: its variables, and C expressions in its scope. */
import { registerFields } from '../../arch/register-fields.ts';
import type { RegisterValues } from '../contexts/guests.ts';
import type { System } from '../contexts/system.ts';
import { integerOf } from '../expressions/arithmetic.ts';
import { evaluate } from '../expressions/evaluator.ts';
import { formatValue } from '../expressions/format.ts';
import { FrameScope, type MachineAccess, type NamedValue } from '../expressions/frame-scope.ts';
import type { RegisterValue } from '../expressions/scope.ts';
import type { Value } from '../expressions/value.ts';
import { strip } from '../symbols/types.ts';
import type { CallStacks, StackRow } from './call-stack.ts';
import { CodeSpace, ownerOf } from './code-space.ts';

export type FrameRow = Extract<StackRow, { kind: 'frame' }>;

/** There are no symbols for the code of a frame. */
export class NoSymbolsError extends Error {}

export class Inspector {
  constructor(
    private readonly system: System,
    private readonly stacks: CallStacks,
  ) {}

  /** What can be named in a frame; without symbols registers, memory and the types of C. */
  scope(row: FrameRow): FrameScope {
    const frame = row.frame.physical;
    const module = frame.space.moduleAt(frame.pc);
    const view = { frame, module, unwinder: this.stacks.unwinder };
    return new FrameScope({ view, inlineDepth: row.frame.inlineDepth, machine: this.#machine(ownerOf(frame)) });
  }

  async evaluate(row: FrameRow, expression: string): Promise<{ value: Value; scope: FrameScope }> {
    const scope = this.scope(row);
    return { scope, value: await evaluate(expression, scope) };
  }

  async number(row: FrameRow, expression: string): Promise<bigint> {
    return integerOf((await this.evaluate(row, expression)).value);
  }

  async text(row: FrameRow, expression: string, radix: 10 | 16 = 10): Promise<string> {
    const { value, scope } = await this.evaluate(row, expression);
    return formatValue(value, scope, { radix });
  }

  /** Variables of a frame, as `name = value`. */
  async variables(row: FrameRow, kinds: readonly NamedValue['kind'][]): Promise<{ name: string; text: string }[]> {
    const scope = this.scope(row);
    if (!hasSymbols(row)) throw new NoSymbolsError('no symbols for the code of this frame');
    const found = (await scope.locals()).filter(({ kind }) => kinds.includes(kind));
    return Promise.all(
      found.map(async ({ name, value }) => ({ name, text: await formatValue(value, scope, { depth: 2 }) })),
    );
  }

  /** `(cmd=0, arg=...)`; empty without symbols. */
  async parameters(row: FrameRow): Promise<string> {
    if (!hasSymbols(row)) return '';
    const scope = this.scope(row);
    const parameters = (await scope.locals()).filter(({ kind }) => kind === 'parameter');
    const texts = parameters.map(async ({ name, value }) => `${name}=${await briefText(value, scope)}`);
    return `(${(await Promise.all(texts)).join(', ')})`;
  }

  /** Registers of a frame's owner, live or saved. */
  registers(owner: CodeSpace): RegisterValues {
    const { port, hypervisor } = this.system;
    const cpu = owner.cpu ?? (owner.space.kind === 'cpu' ? owner.space.cpu : undefined);
    if (cpu === undefined && owner.vcpuAddress !== undefined && hypervisor)
      return hypervisor.guestRegisters(owner.vcpuAddress);
    const index = cpu ?? 0;
    return {
      isLive: true,
      label: `pCPU ${index}`,
      read: (name) => port.readRegister(index, name),
      write: (name, value) => port.writeRegister(index, name, value),
    };
  }

  #machine(owner: CodeSpace): MachineAccess {
    const registers = this.registers(owner);
    return {
      register: (name) => Promise.resolve(describeRegister(registers, name)),
      writeRegister: (name, value) =>
        registers.write(name.toUpperCase(), value)
          ? Promise.resolve()
          : Promise.reject(new Error(`$${name} cannot be set`)),
      writeMemory: (address, bytes) => {
        const fault = this.system.port.write(this.system.portSpace(owner.space, owner.task), address, bytes);
        return fault === undefined ? Promise.resolve() : Promise.reject(new Error(fault));
      },
    };
  }
}

function hasSymbols({ frame: { physical } }: FrameRow): boolean {
  return physical.space.moduleAt(physical.pc) !== undefined;
}

/** Structures do not fit into a line. */
async function briefText(value: Value, scope: FrameScope): Promise<string> {
  const isAggregate = ['struct', 'union', 'array'].includes(strip(value.type).kind);
  return isAggregate && value.bytes ? '...' : formatValue(value, scope);
}

/** A register with its fields by name. */
function describeRegister(registers: RegisterValues, name: string): RegisterValue | undefined {
  const upper = name.toUpperCase();
  const value = registers.read(upper);
  if (value === undefined) return undefined;
  const fields = new Map(
    registerFields(upper, value).map((it) => [it.name, { low: it.low, width: it.high - it.low + 1 }]),
  );
  return { name: upper, value, size: 8, fields };
}
