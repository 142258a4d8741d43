/** Modules: types, imports, functions, tables, exports and element segments, written in the binary format (5.5). */
import { Bytes } from './bytes.ts';
import { Expr, index, valueOf, type Value } from './expr.ts';
import { FunctionBuilder } from './function.ts';
import { valTypeCode, type Signature } from './types.ts';

/** A function of the module, imported or defined; `call` builds a call expression. */
export class FunctionRef {
  constructor(
    readonly index: number,
    readonly signature: Signature,
  ) {}

  call(...args: Value[]): Expr {
    const { params, result } = this.signature;
    if (args.length !== params.length) throw new TypeError(`expected ${params.length} arguments, got ${args.length}`);
    return new Expr(result, args.map((arg, i) => valueOf(params[i], arg)), [0x10, ...index(this.index)]); // prettier-ignore
  }
}

export class ModuleBuilder {
  readonly #types: string[] = [];
  readonly #signatures: Signature[] = [];
  readonly #imports: { module: string; name: string; descriptor: number[] }[] = [];
  readonly #functions: { type: number; body: FunctionBuilder }[] = [];
  readonly #exports: { name: string; index: number }[] = [];
  readonly #elements: { table: number; offset: number; functions: readonly FunctionRef[] }[] = [];
  #importedFunctions = 0;
  #tables = 0;

  /** Imports a function. All imports come before the first definition. */
  importFunction(module: string, name: string, signature: Signature): FunctionRef {
    if (this.#functions.length > 0) throw new Error('imports come before definitions');
    this.#imports.push({ module, name, descriptor: [0x00, ...index(this.#type(signature))] });
    return new FunctionRef(this.#importedFunctions++, signature);
  }

  /** Imports the memory (minimum and maximum in 64 KiB pages). */
  importMemory(module: string, name: string, minimum: number, maximum: number): void {
    this.#imports.push({ module, name, descriptor: [0x02, 0x01, ...index(minimum), ...index(maximum)] });
  }

  /** Imports a table of functions and gives its index. */
  importTable(module: string, name: string, minimum: number): number {
    this.#imports.push({ module, name, descriptor: [0x01, 0x70, 0x00, ...index(minimum)] });
    return this.#tables++;
  }

  /** Defines a function; `build` writes its body. */
  define(signature: Signature, build: (f: FunctionBuilder) => void): FunctionRef {
    const body = new FunctionBuilder(signature);
    const ref = this.add(body);
    build(body);
    return ref;
  }

  /** Adds a function whose body is written elsewhere. */
  add(body: FunctionBuilder): FunctionRef {
    const { signature } = body;
    this.#functions.push({ type: this.#type(signature), body });
    return new FunctionRef(this.#importedFunctions + this.#functions.length - 1, signature);
  }

  export(name: string, f: FunctionRef): void {
    this.#exports.push({ name, index: f.index });
  }

  /** Puts functions into a table from `offset` on when the module is instantiated. */
  element(table: number, offset: number, functions: readonly FunctionRef[]): void {
    this.#elements.push({ table, offset, functions });
  }

  /** `call_indirect` through a table. */
  callIndirect(table: number, signature: Signature, selector: Value, ...args: Value[]): Expr {
    const operands = [...args.map((arg, i) => valueOf(signature.params[i], arg)), valueOf('i32', selector)];
    return new Expr(signature.result, operands, [0x11, ...index(this.#type(signature)), ...index(table)]);
  }

  /** The whole module. */
  finish(): Uint8Array<ArrayBuffer> {
    const out = new Bytes(4096);
    out.bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    section(out, 1, this.#signatures, writeSignature);
    section(out, 2, this.#imports, (b, i) => {
      b.name(i.module);
      b.name(i.name);
      b.bytes(i.descriptor);
    });
    section(out, 3, this.#functions, (b, f) => b.u32(f.type));
    section(out, 7, this.#exports, (b, e) => {
      b.name(e.name);
      b.byte(0x00);
      b.u32(e.index);
    });
    section(out, 9, this.#elements, writeElement);
    section(out, 10, this.#functions, (b, f) => b.bytes(f.body.finish()));
    return out.view().slice();
  }

  #type(signature: Signature): number {
    const key = `${signature.params.join()}:${signature.result ?? ''}`;
    const known = this.#types.indexOf(key);
    if (known >= 0) return known;
    this.#types.push(key);
    return this.#signatures.push(signature) - 1;
  }
}

function writeSignature(b: Bytes, { params, result }: Signature): void {
  b.byte(0x60);
  b.u32(params.length);
  for (const type of params) b.byte(valTypeCode[type]);
  b.u32(result ? 1 : 0);
  if (result) b.byte(valTypeCode[result]);
}

function writeElement(b: Bytes, e: { table: number; offset: number; functions: readonly FunctionRef[] }): void {
  b.u32(2);
  b.u32(e.table);
  b.byte(0x41);
  b.s32(e.offset);
  b.byte(0x0b);
  b.byte(0x00);
  b.u32(e.functions.length);
  for (const f of e.functions) b.u32(f.index);
}

function section<T>(out: Bytes, id: number, items: readonly T[], write: (b: Bytes, item: T) => void): void {
  if (items.length === 0) return;
  const body = new Bytes(1024);
  body.u32(items.length);
  for (const item of items) write(body, item);
  out.byte(id);
  out.u32(body.length);
  out.append(body);
}
