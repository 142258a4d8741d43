/** Types over the memory of any space, without a frame. */
import type { SymbolModule } from '../debugger/contexts/modules.ts';
import type { ExpressionScope } from '../debugger/expressions/scope.ts';
import type { TypeSummary } from '../debugger/symbols/type-reader.ts';
import { type Type, type TypeRef, VOID } from '../debugger/symbols/types.ts';
import type { AddressSpace } from '../protocol/address.ts';
import type { GuestView } from './guest-view.ts';

/** The module whose types describe what is in a space: physical memory holds Xen's as well as anybody's. */
export function typesOf(view: GuestView, space: AddressSpace): SymbolModule | undefined {
  if (space.kind === 'ipa') return typesOf(view, { kind: 'guest', domain: space.domain, el: 1 });
  if (space.kind === 'cpu') return typesOf(view, view.context(space.cpu).space);
  return view.module(space.kind === 'pa' ? { kind: 'xen' } : space)?.module;
}

/** An expression scope that knows types and memory, and no names. */
export class SpaceScope implements ExpressionScope {
  constructor(
    private readonly view: GuestView,
    private readonly space: AddressSpace,
    private readonly module: SymbolModule,
  ) {}

  variable(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  register(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  enumerator(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  perCpu(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  type(name: string): Promise<Type | undefined> {
    return this.module.file.typeByName(name);
  }

  resolve(ref: TypeRef): Promise<Type> {
    return ref === 0 ? Promise.resolve(VOID) : this.module.file.resolve(ref);
  }

  summary(ref: TypeRef): Promise<TypeSummary> {
    return ref === 0 ? Promise.resolve('other') : this.module.file.typeSummary(ref);
  }

  readMemory(address: bigint, length: number): Promise<Uint8Array> {
    const { bytes, readable, fault } = this.view.read({ space: this.space, address }, length);
    return readable.includes(0) ? Promise.reject(new Error(fault ?? 'not readable')) : Promise.resolve(bytes);
  }

  writeMemory(address: bigint, bytes: Uint8Array): Promise<void> {
    this.view.write({ space: this.space, address }, bytes);
    return Promise.resolve();
  }

  writeRegister(name: string): Promise<void> {
    return Promise.reject(new Error(`$${name} cannot be set here`));
  }

  symbolize(address: bigint): Promise<string | undefined> {
    return Promise.resolve(this.view.nameNow(this.space, address)?.replace('+0x', '+') ?? undefined);
  }
}
