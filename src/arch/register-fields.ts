/**
 * Fields of registers, for reading them (Arm ARM D13, GIC-400 TRM 3): names, bits and meanings. Syndromes have their own page, `esr.ts`.
 *
 * A row is written as the manual prints it, high bit first: `TGE:27` is one bit, `BSU:11:10` is bits 11 to 10.
 */
import { exceptionClassName, syndromeFields } from './esr.ts';
import { spsrMode } from './spsr.ts';

/** A field of a register's value. */
export interface RegisterField {
  readonly name: string;
  readonly high: number;
  readonly low: number;
  readonly value: bigint;
  /** What the value means, where there is more to say than the number. */
  readonly meaning?: string;
}

type Meaning = (value: bigint) => string | undefined;

interface Layout {
  readonly fields: string;
  readonly meanings?: Readonly<Record<string, Meaning | readonly (string | undefined)[]>>;
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;
/** The field holds an address from this bit up. */
const addressFrom =
  (low: number): Meaning =>
  (value) =>
    hex(value << BigInt(low));
const size = (value: bigint): string => `${64n - value}-bit input addresses`;

const GRANULE_0 = ['4 KB', '64 KB', '16 KB'];
const GRANULE_1 = [undefined, '16 KB', '4 KB', '64 KB'];
const SHAREABILITY = ['non-shareable', undefined, 'outer shareable', 'inner shareable'];
const CACHEABILITY = ['non-cacheable', 'write-back write-allocate', 'write-through', 'write-back'];
const PHYSICAL_SIZE = ['32-bit', '36-bit', '40-bit', '42-bit', '44-bit', '48-bit'];
const ON = ['off', 'on'];

const TABLE_CONTROL = {
  T0SZ: size,
  T1SZ: size,
  TG0: GRANULE_0,
  TG1: GRANULE_1,
  SH0: SHAREABILITY,
  SH1: SHAREABILITY,
  IRGN0: CACHEABILITY,
  ORGN0: CACHEABILITY,
  IRGN1: CACHEABILITY,
  ORGN1: CACHEABILITY,
  IPS: PHYSICAL_SIZE,
  PS: PHYSICAL_SIZE,
};

const MEMORY_TYPES: Readonly<Record<number, string>> = {
  0x00: 'Device-nGnRnE',
  0x04: 'Device-nGnRE',
  0x08: 'Device-nGRE',
  0x0c: 'Device-GRE',
  0x44: 'Normal non-cacheable',
  0xbb: 'Normal write-through',
  0xff: 'Normal write-back',
};
const memoryType: Meaning = (value) => MEMORY_TYPES[Number(value)];

const attributes: Layout = {
  fields: [7, 6, 5, 4, 3, 2, 1, 0].map((n) => `Attr${n}:${n * 8 + 7}:${n * 8}`).join(' '),
  meanings: Object.fromEntries([7, 6, 5, 4, 3, 2, 1, 0].map((n) => [`Attr${n}`, memoryType])),
};

const SCTLR_FIELDS = { M: ON, A: ON, C: ON, SA: ON, I: ON, WXN: ON, EE: ['little-endian', 'big-endian'] };
const timerControl: Layout = {
  fields: 'ISTATUS:2 IMASK:1 ENABLE:0',
  meanings: { ISTATUS: ['not met', 'condition met'], IMASK: ['not masked', 'masked'], ENABLE: ON },
};
const spsr: Layout = {
  fields: 'N:31 Z:30 C:29 V:28 SS:21 IL:20 D:9 A:8 I:7 F:6 M:4:0',
  meanings: { M: (value) => spsrMode(Number(value)) },
};
const vectorBase: Layout = { fields: 'base:47:11', meanings: { base: addressFrom(11) } };
const tableBase: Layout = { fields: 'ASID:63:48 BADDR:47:1', meanings: { BADDR: addressFrom(1) } };
const listRegister: Layout = {
  fields: 'HW:31 Grp1:30 State:29:28 Priority:27:23 PhysicalID:19:10 VirtualID:9:0',
  meanings: {
    HW: ['software interrupt', 'linked to a physical interrupt'],
    State: ['invalid', 'pending', 'active', 'pending and active'],
  },
};

const LAYOUTS: Readonly<Record<string, Layout>> = {
  HCR_EL2: {
    fields:
      'ID:33 CD:32 RW:31 TRVM:30 HCD:29 TDZ:28 TGE:27 TVM:26 TTLB:25 TPU:24 TPC:23 TSW:22 TACR:21 TIDCP:20 TSC:19 TID3:18 TID2:17 TID1:16 TID0:15 TWE:14 TWI:13 DC:12 BSU:11:10 FB:9 VSE:8 VI:7 VF:6 AMO:5 IMO:4 FMO:3 PTW:2 SWIO:1 VM:0',
    meanings: {
      RW: ['EL1 is AArch32', 'EL1 is AArch64'],
      VM: ['stage 2 off', 'stage 2 on'],
      TWI: ['WFI runs', 'WFI traps to EL2'],
      TWE: ['WFE runs', 'WFE traps to EL2'],
      TSC: ['SMC goes to EL3', 'SMC traps to EL2'],
      IMO: ['IRQ to EL1', 'IRQ to EL2, virtual IRQ on'],
      FMO: ['FIQ to EL1', 'FIQ to EL2, virtual FIQ on'],
      AMO: ['SError to EL1', 'SError to EL2'],
      TGE: [undefined, 'EL0 exceptions go to EL2'],
      VI: [undefined, 'virtual IRQ pending'],
      VF: [undefined, 'virtual FIQ pending'],
      BSU: ['no effect', 'inner shareable', 'outer shareable', 'full system'],
    },
  },
  SCTLR_EL1: {
    fields:
      'UCI:26 EE:25 E0E:24 WXN:19 nTWE:18 nTWI:16 UCT:15 DZE:14 I:12 UMA:9 SED:8 ITD:7 CP15BEN:5 SA0:4 SA:3 C:2 A:1 M:0',
    meanings: SCTLR_FIELDS,
  },
  SCTLR_EL2: { fields: 'EE:25 WXN:19 I:12 SA:3 C:2 A:1 M:0', meanings: SCTLR_FIELDS },
  SCTLR_EL3: { fields: 'EE:25 WXN:19 I:12 SA:3 C:2 A:1 M:0', meanings: SCTLR_FIELDS },
  TCR_EL1: {
    fields:
      'TBI1:38 TBI0:37 AS:36 IPS:34:32 TG1:31:30 SH1:29:28 ORGN1:27:26 IRGN1:25:24 EPD1:23 A1:22 T1SZ:21:16 TG0:15:14 SH0:13:12 ORGN0:11:10 IRGN0:9:8 EPD0:7 T0SZ:5:0',
    meanings: { ...TABLE_CONTROL, AS: ['8-bit ASID', '16-bit ASID'], A1: ['ASID from TTBR0', 'ASID from TTBR1'] },
  },
  TCR_EL2: { fields: 'TBI:20 PS:18:16 TG0:15:14 SH0:13:12 ORGN0:11:10 IRGN0:9:8 T0SZ:5:0', meanings: TABLE_CONTROL },
  VTCR_EL2: {
    fields: 'PS:18:16 TG0:15:14 SH0:13:12 ORGN0:11:10 IRGN0:9:8 SL0:7:6 T0SZ:5:0',
    meanings: { ...TABLE_CONTROL, SL0: ['start at level 2', 'start at level 1', 'start at level 0'] },
  },
  VTTBR_EL2: { fields: 'VMID:55:48 BADDR:47:1', meanings: { BADDR: addressFrom(1) } },
  TTBR0_EL1: tableBase,
  TTBR1_EL1: tableBase,
  TTBR0_EL2: { fields: 'BADDR:47:1', meanings: { BADDR: addressFrom(1) } },
  MAIR_EL1: attributes,
  MAIR_EL2: attributes,
  HPFAR_EL2: { fields: 'FIPA:39:4', meanings: { FIPA: (value) => `IPA page ${hex(value << 12n)}` } },
  VBAR_EL1: vectorBase,
  VBAR_EL2: vectorBase,
  VBAR_EL3: vectorBase,
  SPSR_EL1: spsr,
  SPSR_EL2: spsr,
  SPSR_EL3: spsr,
  PSTATE: {
    fields: 'N:31 Z:30 C:29 V:28 SS:21 IL:20 D:9 A:8 I:7 F:6 EL:3:2 SP:0',
    meanings: { SP: ['SP_EL0', 'SP_ELx'], EL: (value) => `EL${value}` },
  },
  NZCV: { fields: 'N:31 Z:30 C:29 V:28' },
  DAIF: {
    fields: 'D:9 A:8 I:7 F:6',
    meanings: { D: ON, A: ON, I: ['IRQ taken', 'IRQ masked'], F: ['FIQ taken', 'FIQ masked'] },
  },
  CurrentEL: { fields: 'EL:3:2', meanings: { EL: (value) => `EL${value}` } },
  SPSel: { fields: 'SP:0', meanings: { SP: ['SP_EL0', 'SP_ELx'] } },
  FPCR: {
    fields: 'AHP:26 DN:25 FZ:24 RMode:23:22 IDE:15 IXE:12 UFE:11 OFE:10 DZE:9 IOE:8',
    meanings: { RMode: ['to nearest', 'towards +∞', 'towards −∞', 'towards zero'] },
  },
  FPSR: { fields: 'QC:27 IDC:7 IXC:4 UFC:3 OFC:2 DZC:1 IOC:0' },
  CPACR_EL1: {
    fields: 'TTA:28 FPEN:21:20',
    meanings: { FPEN: ['FP traps at EL0 and EL1', 'FP traps at EL0', 'FP traps at EL0 and EL1', 'FP runs'] },
  },
  CPTR_EL2: { fields: 'TCPAC:31 TTA:20 TFP:10', meanings: { TFP: ['FP runs', 'FP traps to EL2'] } },
  CNTHCTL_EL2: {
    fields: 'EVNTI:7:4 EVNTDIR:3 EVNTEN:2 EL1PCEN:1 EL1PCTEN:0',
    meanings: {
      EL1PCEN: ['physical timer traps', 'physical timer open to EL1'],
      EL1PCTEN: ['physical counter traps', 'physical counter open to EL1'],
    },
  },
  CNTKCTL_EL1: { fields: 'EL0PTEN:9 EL0VTEN:8 EVNTI:7:4 EVNTDIR:3 EVNTEN:2 EL0VCTEN:1 EL0PCTEN:0' },
  CNTP_CTL_EL0: timerControl,
  CNTV_CTL_EL0: timerControl,
  CNTHP_CTL_EL2: timerControl,
  CNTPS_CTL_EL1: timerControl,
  CNTFRQ_EL0: { fields: 'frequency:31:0', meanings: { frequency: (value) => `${Number(value) / 1e6} MHz` } },
  PAR_EL1: {
    fields: 'ATTR:63:56 PA:47:12 NS:9 SH:8:7 F:0',
    meanings: { PA: addressFrom(12), F: ['translated', 'fault'] },
  },
  CONTEXTIDR_EL1: { fields: 'PROCID:31:0' },
  MIDR_EL1: {
    fields: 'Implementer:31:24 Variant:23:20 Architecture:19:16 PartNum:15:4 Revision:3:0',
    meanings: {
      Implementer: (value) => (value === 0x41n ? 'Arm' : undefined),
      PartNum: (value) => (value === 0xd03n ? 'Cortex-A53' : undefined),
    },
  },
  MPIDR_EL1: { fields: 'Aff3:39:32 U:30 MT:24 Aff2:23:16 Aff1:15:8 Aff0:7:0' },
  VMPIDR_EL2: { fields: 'Aff3:39:32 U:30 MT:24 Aff2:23:16 Aff1:15:8 Aff0:7:0' },
  CTR_EL0: { fields: 'CWG:27:24 ERG:23:20 DminLine:19:16 L1Ip:15:14 IminLine:3:0' },
  DCZID_EL0: { fields: 'DZP:4 BS:3:0', meanings: { BS: (value) => `${4 << Number(value)} bytes` } },
  CLIDR_EL1: { fields: 'LoUU:29:27 LoC:26:24 LoUIS:23:21 Ctype2:5:3 Ctype1:2:0' },
  CCSIDR_EL1: { fields: 'NumSets:27:13 Associativity:12:3 LineSize:2:0' },
  ID_AA64PFR0_EL1: { fields: 'GIC:27:24 AdvSIMD:23:20 FP:19:16 EL3:15:12 EL2:11:8 EL1:7:4 EL0:3:0' },
  ID_AA64DFR0_EL1: { fields: 'CTX_CMPs:31:28 WRPs:23:20 BRPs:15:12 PMUVer:11:8 TraceVer:7:4 DebugVer:3:0' },
  ID_AA64ISAR0_EL1: { fields: 'CRC32:19:16 SHA2:15:12 SHA1:11:8 AES:7:4' },
  ID_AA64MMFR0_EL1: {
    fields:
      'TGran4:31:28 TGran64:27:24 TGran16:23:20 BigEndEL0:19:16 SNSMem:15:12 BigEnd:11:8 ASIDBits:7:4 PARange:3:0',
    meanings: { PARange: PHYSICAL_SIZE, ASIDBits: (value) => (value === 2n ? '16-bit' : '8-bit') },
  },
  MDCR_EL2: { fields: 'TDRA:11 TDOSA:10 TDA:9 TDE:8 HPME:7 TPM:6 TPMCR:5 HPMN:4:0' },
  MDSCR_EL1: { fields: 'MDE:15 KDE:13 TDCC:12 ERR:6 SS:0', meanings: { SS: ['off', 'software step on'] } },
  OSLSR_EL1: { fields: 'OSLM1:3 nTT:2 OSLK:1 OSLM0:0', meanings: { OSLK: ['unlocked', 'locked'] } },
  ISR_EL1: { fields: 'A:8 I:7 F:6', meanings: { I: [undefined, 'IRQ pending'], F: [undefined, 'FIQ pending'] } },
  GICH_HCR: {
    fields: 'EOICount:31:27 VGrp1DIE:7 VGrp1EIE:6 VGrp0DIE:5 VGrp0EIE:4 NPIE:3 LRENPIE:2 UIE:1 En:0',
    meanings: { En: ON },
  },
  GICH_VTR: {
    fields: 'PRIbits:31:29 PREbits:28:26 ListRegs:5:0',
    meanings: { ListRegs: (value) => `${value + 1n} list registers` },
  },
  GICH_VMCR: {
    fields: 'VMPriMask:31:27 VMBP:23:21 VMABP:20:18 VEM:9 VMCBPR:4 VMFiqEn:3 VMAckCtl:2 VMGrp1En:1 VMGrp0En:0',
  },
  GICH_MISR: { fields: 'VGrp1D:7 VGrp1E:6 VGrp0D:5 VGrp0E:4 NP:3 LRENP:2 U:1 EOI:0' },
  GICC_CTLR: {
    fields: 'EOImodeNS:9 EnableGrp1:0',
    meanings: { EOImodeNS: ['EOIR also deactivates', 'EOIR drops priority only'] },
  },
  GICC_IAR: { fields: 'CPUID:12:10 InterruptID:9:0' },
  GICD_CTLR: { fields: 'EnableGrp1:1 EnableGrp0:0' },
};

function layoutOf(name: string): Layout | undefined {
  return /^GICH_LR\d+$/.test(name) ? listRegister : LAYOUTS[name];
}

function meaningOf(meaning: Meaning | readonly (string | undefined)[] | undefined, value: bigint): string | undefined {
  if (meaning === undefined) return undefined;
  return typeof meaning === 'function' ? meaning(value) : meaning[Number(value)];
}

function extract(value: bigint, high: number, low: number): bigint {
  return (value >> BigInt(low)) & ((1n << BigInt(high - low + 1)) - 1n);
}

function exceptionSyndrome(value: bigint): readonly RegisterField[] {
  const esr = Number(BigInt.asUintN(32, value));
  const exceptionClass = esr >>> 26;
  return [
    { name: 'EC', high: 31, low: 26, value: BigInt(exceptionClass), meaning: exceptionClassName(exceptionClass) },
    {
      name: 'IL',
      high: 25,
      low: 25,
      value: extract(value, 25, 25),
      meaning: extract(value, 25, 25) ? '32-bit instruction' : undefined,
    },
    { name: 'ISS', high: 24, low: 0, value: extract(value, 24, 0) },
    ...syndromeFields(esr).map((field) => ({ ...field, name: `ISS.${field.name}`, value: BigInt(field.value) })),
  ];
}

/** The fields of a register's value, high bits first; none for registers that are one number. */
export function registerFields(name: string, value: bigint): readonly RegisterField[] {
  if (/^ESR_EL[123]$/.test(name)) return exceptionSyndrome(value);
  const layout = layoutOf(name);
  if (!layout) return [];
  return layout.fields.split(' ').map((text): RegisterField => {
    const [field, high, low = high] = text.split(':');
    const part = extract(value, Number(high), Number(low));
    return {
      name: field,
      high: Number(high),
      low: Number(low),
      value: part,
      meaning: meaningOf(layout.meanings?.[field], part),
    };
  });
}

/** True when a register has fields to show. */
export function hasFields(name: string): boolean {
  return /^ESR_EL[123]$/.test(name) || layoutOf(name) !== undefined;
}

/** Names of all registers with a layout, for checking the table. */
export const REGISTERS_WITH_FIELDS: readonly string[] = Object.keys(LAYOUTS);
