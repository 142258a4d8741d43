/** From an instruction word to assembler text in the style of objdump, written from the table's own syntax. */
import { sysregAt } from '../sysregs.ts';
import { decode } from './decode.ts';
import type { Encoding, Fields } from './encoding.ts';
import { OPERANDS, type Context } from './operand-text.ts';
import { registerPlace } from './register-text.ts';
import { genericRegisterName } from './system-text.ts';

/** How to write an instruction. */
export interface DisassembleOptions {
  /** Prefer aliases (`mov`, `cmp`, ...); the default. */
  readonly aliases?: boolean;
  /** Name of the system register op0:op1:CRn:CRm:op2 (16 bits), undefined when it has none. The default knows the Cortex-A53's. */
  readonly systemRegister?: (encoding: number) => string | undefined;
}

function registerName(encoding: number): string | undefined {
  return sysregAt(encoding)?.name.toLowerCase();
}

function syntax(row: Encoding, fields: Fields, useAliases: boolean): string {
  const alias = useAliases ? row.aliases.find(({ when }) => when(fields)) : undefined;
  return alias?.asm ?? row.asm;
}

function place(name: string, context: Context): string {
  const text = OPERANDS[name]?.(context) ?? registerPlace(name, context.fields);
  if (text === undefined) throw new Error(`no operand {${name}}`);
  return text;
}

/**
 * The assembler text of `word` at address `pc`, mnemonic and operands separated by one blank; `.inst 0x... ; undefined` when no row
 * matches. `resolve` gives the symbol of a branch or literal address, which is added as `<symbol>`.
 */
export function disassemble(
  word: number,
  pc: bigint,
  resolve?: (address: bigint) => string | undefined,
  { aliases = true, systemRegister = registerName }: DisassembleOptions = {},
): string {
  const decoded = decode(word);
  if (decoded === undefined) return `.inst 0x${word.toString(16).padStart(8, '0')} ; undefined`;
  const { row, fields } = decoded;
  const address = (target: bigint): string => {
    const symbol = resolve?.(target);
    return `0x${target.toString(16)}${symbol === undefined ? '' : ` <${symbol}>`}`;
  };
  const nameRegister = (encoding: number): string => systemRegister(encoding) ?? genericRegisterName(encoding);
  const context: Context = { word, pc, fields, address, systemRegister: nameRegister };
  return syntax(row, fields, aliases).replace(/\{([^{}]+)\}/g, (_, name: string) => place(name, context));
}
