/** A walk of the translation tables, in the words and notation of the page. */
import { currentAsid, currentVmid } from '../emulator/mmu/regime.ts';
import type { WalkStep as Descriptor } from '../emulator/mmu/translate.ts';
import type { AddressSpace, Location } from '../protocol/address.ts';
import type { TranslationWalk, WalkStep } from '../protocol/inspect.ts';
import type { GuestView } from './guest-view.ts';

/** Descriptor bits 47:12: the address of a table or page. */
const ADDRESS = 0x0000_ffff_ffff_f000n;
/** log2 of the bytes that an entry of each level maps, with 4 KB granules. */
const SHIFTS = [39, 30, 21, 12];

const AP = ['EL1 RW', 'EL0 and EL1 RW', 'EL1 RO', 'EL0 and EL1 RO'];
const S2AP = ['no access', 'RO', 'WO', 'RW'];
const SHARE = ['non-shareable', 'reserved', 'outer shareable', 'inner shareable'];

function kindOf(descriptor: bigint, level: number): WalkStep['kind'] {
  if ((descriptor & 1n) === 0n) return 'invalid';
  if ((descriptor & 2n) === 0n) return level === 3 ? 'invalid' : 'block';
  return level === 3 ? 'page' : 'table';
}

function bits(value: bigint, high: number, low: number): number {
  return Number((value >> BigInt(low)) & ((1n << BigInt(high - low + 1)) - 1n));
}

function attributesOf(descriptor: bigint, stage: 1 | 2, kind: WalkStep['kind']): WalkStep['attributes'] {
  if (kind === 'invalid' || kind === 'table') return [];
  const common = [
    { name: 'SH', value: SHARE[bits(descriptor, 9, 8)] },
    { name: 'AF', value: String(bits(descriptor, 10, 10)) },
  ];
  if (stage === 2) {
    return [
      { name: 'S2AP', value: S2AP[bits(descriptor, 7, 6)] },
      { name: 'MemAttr', value: `0b${bits(descriptor, 5, 2).toString(2).padStart(4, '0')}` },
      ...common,
      { name: 'XN', value: String(bits(descriptor, 54, 54)) },
    ];
  }
  return [
    { name: 'AP', value: AP[bits(descriptor, 7, 6)] },
    { name: 'AttrIndx', value: String(bits(descriptor, 4, 2)) },
    ...common,
    { name: 'nG', value: String(bits(descriptor, 11, 11)) },
    { name: 'PXN', value: String(bits(descriptor, 53, 53)) },
    { name: 'UXN', value: String(bits(descriptor, 54, 54)) },
  ];
}

function stepOf({ stage, level, pa, ipa, value }: Descriptor, domain: number | undefined): WalkStep {
  const kind = kindOf(value, level);
  const isGuestTable = stage === 1 && ipa !== undefined && domain !== undefined;
  const tables: AddressSpace = isGuestTable ? { kind: 'ipa', domain } : { kind: 'pa' };
  const address = BigInt(isGuestTable ? (ipa ?? pa) : pa);
  const mask = kind === 'block' ? ~((1n << BigInt(SHIFTS[level])) - 1n) : -1n;
  return {
    stage,
    level,
    index: Number((address & 0xfffn) / 8n),
    descriptorAddress: { space: tables, address },
    descriptor: value,
    kind,
    attributes: attributesOf(value, stage, kind),
    output:
      kind === 'invalid' ? null : { space: stage === 1 ? tables : { kind: 'pa' }, address: value & ADDRESS & mask },
  };
}

/** Explains where a virtual address leads. */
export function explainTranslation(guests: GuestView, location: Location): TranslationWalk {
  const reach = guests.portSpace(location.space);
  if (reach.kind !== 'va') throw new Error('Choose a virtual address: d1:EL1:0x…, d1:EL0:0x… or xen:0x…');
  const { view } = reach;
  const { result, steps, summary } = guests.port.explain(view, location.address);
  const domain = location.space.kind === 'guest' ? location.space.domain : undefined;
  const isGuest = view.el < 2;
  return {
    input: location,
    regime: isGuest ? 'EL1&0' : 'EL2',
    vmid: isGuest ? currentVmid(view.registers) : null,
    asid: isGuest ? currentAsid(view.registers) : null,
    steps: steps.map((step) => stepOf(step, domain)),
    ipa: result.ok && isGuest ? BigInt(result.value.ipa) : null,
    pa: result.ok ? BigInt(result.value.pa) : null,
    fault: result.ok ? null : summary,
  };
}
