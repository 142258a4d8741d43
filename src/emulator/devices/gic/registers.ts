/** Register offsets and identification values of the GIC-400 (Arm DDI 0471B chapter 3, IHI 0048B chapters 4 and 5). */

/** INTIDs of the ZynqMP: 16 SGIs, 16 PPIs, 160 SPIs. */
export const INTID_COUNT = 192;
export const SPI_BASE = 32;
export const SPI_COUNT = INTID_COUNT - SPI_BASE;
/** What an acknowledge register answers when nothing is to be acknowledged, or only an interrupt of the other group. */
export const SPURIOUS = 1023;
export const SPURIOUS_OTHER_GROUP = 1022;
/** INTIDs from here up name no interrupt. */
export const FIRST_SPECIAL_INTID = 1020;
/** PPI of the virtual interface's maintenance interrupt. */
export const MAINTENANCE_PPI = 25;
/** The private interrupts that exist: SGIs 0-15, PPIs 25-31. */
export const PRIVATE_INTIDS = 0xfe00_ffff;
/** List registers of each CPU. */
export const LR_COUNT = 4;
/** No active interrupt. */
export const IDLE_PRIORITY = 0xff;

export const GICD = {
  CTLR: 0x000,
  TYPER: 0x004,
  IIDR: 0x008,
  IGROUPR: 0x080,
  ISENABLER: 0x100,
  ICENABLER: 0x180,
  ISPENDR: 0x200,
  ICPENDR: 0x280,
  ISACTIVER: 0x300,
  ICACTIVER: 0x380,
  IPRIORITYR: 0x400,
  ITARGETSR: 0x800,
  ICFGR: 0xc00,
  PPISR: 0xd00,
  SPISR: 0xd04,
  SGIR: 0xf00,
  CPENDSGIR: 0xf10,
  SPENDSGIR: 0xf20,
  PIDR4: 0xfd0,
} as const;

export const GICC = {
  CTLR: 0x00,
  PMR: 0x04,
  BPR: 0x08,
  IAR: 0x0c,
  EOIR: 0x10,
  RPR: 0x14,
  HPPIR: 0x18,
  ABPR: 0x1c,
  AIAR: 0x20,
  AEOIR: 0x24,
  AHPPIR: 0x28,
  APR0: 0xd0,
  IIDR: 0xfc,
} as const;

export const GICH = {
  HCR: 0x00,
  VTR: 0x04,
  VMCR: 0x08,
  MISR: 0x10,
  EISR0: 0x20,
  ELRSR0: 0x30,
  APR: 0xf0,
  LR: 0x100,
} as const;

/** GICH_HCR bits; EOICount is bits 31:27. */
export const HCR = {
  En: 1,
  UIE: 2,
  LRENPIE: 4,
  NPIE: 8,
  VGrp0EIE: 0x10,
  VGrp0DIE: 0x20,
  VGrp1EIE: 0x40,
  VGrp1DIE: 0x80,
  EOICountShift: 27,
} as const;

/** GICH_MISR bits. */
export const MISR = {
  EOI: 1,
  U: 2,
  LRENP: 4,
  NP: 8,
  VGrp0E: 0x10,
  VGrp0D: 0x20,
  VGrp1E: 0x40,
  VGrp1D: 0x80,
} as const;

/** GICH_VMCR bits 4:0 and 9, which are those of GICV_CTLR. */
export const VMCR = { Grp0En: 1, Grp1En: 2, AckCtl: 4, FIQEn: 8, CBPR: 0x10, VEM: 0x200 } as const;

/** GICD_TYPER: 31 lockable SPIs, Security Extensions, 4 CPUs, 192 INTIDs. */
export const GICD_TYPER_VALUE = 0xfc65;
export const GICD_IIDR_VALUE = 0x0200_143b;
/** GICC_IIDR and GICV_IIDR. Xen recognises a GIC-400 whose pages repeat through 64 KiB windows by this value. */
export const GICC_IIDR_VALUE = 0x0202_143b;
/** GICH_VTR: 5 priority bits, 5 pre-emption bits, 4 list registers. */
export const GICH_VTR_VALUE = 0x9000_0003;
/** GICD_PIDR4-7, PIDR0-3, CIDR0-3, from 0xFD0. */
export const GICD_IDENTIFICATION: readonly number[] = [0x04, 0, 0, 0, 0x90, 0xb4, 0x2b, 0x00, 0x0d, 0xf0, 0x05, 0xb1];
