/** A tiny hypervisor with two guests that run the same program at the same addresses, VMIDs 1 and 2, taking turns at each HVC. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Machine } from '../emulator/machine.ts';
import { DRAM_BASE } from '../emulator/memory-layout.ts';

/** Where the guests' program is, in their own addresses, and where its instructions are. */
export const GUEST = {
  base: 0x20_0000n,
  loop: 0x20_0000n,
  store: 0x20_0004n,
  constant: 0x20_0008n,
  hvc: 0x20_000cn,
} as const;
/** Counter that `store` writes, and the word that `constant` writes the same value to each time. */
export const COUNTER = 0x20_1000n;
export const CONSTANT = 0x20_1008n;
/** Physical address of a guest's memory. */
export const physicalBase = (vmid: 1 | 2): bigint => (vmid === 1 ? 0x40_0000n : 0x60_0000n);
/** Physical address of the hypervisor's handler for exceptions from its guests. */
export const HANDLER = 0x8_1400n;

const HYPERVISOR = 0x8_0000;
const TABLES: Readonly<Record<1 | 2, number>> = { 1: 0x10_0000, 2: 0x11_0000 };
/** Normal write-back memory, read and write, inner shareable, accessed. */
const BLOCK = 0x7fdn;

const SOURCE = `
  .text
start:
  ldr x0, =0x80000001
  msr hcr_el2, x0
  ldr x0, =0x80023560
  msr vtcr_el2, x0
  ldr x0, =0x81000
  msr vbar_el2, x0
  ldr x21, =0x0001000000100000
  ldr x22, =0x0002000000110000
  msr vttbr_el2, x21
  isb
  ldr x0, =0x200000
  msr elr_el2, x0
  mov x0, #0x3c5
  msr spsr_el2, x0
  mov x0, #0
  mov x20, #0
  ldr x1, =0x201000
  eret
  .ltorg
  .org 0x1400
  eor x20, x20, #1
  cmp x20, #0
  csel x23, x21, x22, eq
  msr vttbr_el2, x23
  isb
  eret
  .org 0x2000
loop:
  add x0, x0, #1
  str x0, [x1]
  str x1, [x1, #8]
  hvc #7
  b loop
`;

let assembled: Uint8Array | undefined;

function assemble(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'two-guests-'));
  try {
    const [object, binary] = ['guests.o', 'guests.bin'].map((name) => join(folder, name));
    execFileSync('aarch64-linux-gnu-as', ['-o', object, '-'], { input: SOURCE });
    execFileSync('aarch64-linux-gnu-objcopy', ['-O', 'binary', object, binary]);
    return readFileSync(binary);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The machine about to execute the hypervisor's first instruction. */
export function twoGuests(): Machine {
  const machine = new Machine();
  const image = (assembled ??= assemble());
  machine.bytes.set(image, DRAM_BASE + HYPERVISOR);
  const view = new DataView(machine.memory.buffer);
  for (const vmid of [1, 2] as const) {
    const base = physicalBase(vmid);
    machine.bytes.set(image.subarray(0x2000), DRAM_BASE + Number(base));
    const table = DRAM_BASE + TABLES[vmid];
    view.setBigUint64(table, BigInt(TABLES[vmid] + 0x1000) | 3n, true);
    view.setBigUint64(table + 0x1000 + 8 * Number(GUEST.base >> 21n), base | BLOCK, true);
  }
  machine.start(BigInt(HYPERVISOR), 0n);
  return machine;
}
