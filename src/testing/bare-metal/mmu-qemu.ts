/** Builds mmu-cases.S with a set of cases, runs it on QEMU's ZCU102 and on our machine, and brings the results into one form. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Access } from '../../emulator/cpu/cpu.ts';
import { CODE_BASE, encodeCases } from './mmu-cases.ts';
import type { MmuCase } from './mmu-cases.ts';
import { runElfOnOurs, runElfOnQemu } from './system-program.ts';
import { abortOutcome, addressTranslate, fetchAt, LOAD_X3, sysEncoding } from './mmu-fixture.ts';
import type { MmuBench } from './mmu-fixture.ts';

/** What came of one case: PAR_EL1 of each AT, then `ok` or the abort of each real access. */
export type CaseResult = readonly string[];

/** ESR_ELx of HVC #1 and #3, and the class fields that mean the access went through. */
const HVC_DONE = 0x5a00_0001n;
const HVC_EL1_FAULT = 0x5a00_0003n;
const EC_UNKNOWN = 0n;
const EC_SVC = 0x15n;

/** Assembles the program; the result is an ELF file in `dir`. */
function buildProgram(dir: string, cases: readonly MmuCase[]): string {
  const elf = join(dir, 'mmu-cases.elf');
  writeFileSync(join(dir, 'cases.bin'), encodeCases(cases));
  const source = join(import.meta.dirname, 'mmu-cases.S');
  const link = [`-Wl,-Ttext=0x${CODE_BASE.toString(16)}`, '-Wl,-z,max-page-size=65536', '-Wl,--build-id=none'];
  execFileSync('aarch64-linux-gnu-gcc', ['-nostdlib', '-static', ...link, `-Wa,-I${dir}`, '-o', elf, source]);
  return elf;
}

/** Far more instructions than a case takes (most print). */
const INSTRUCTIONS_PER_CASE = 200_000;

/** Runs the cases' program on QEMU and on our whole machine. */
export function runProgram(cases: readonly MmuCase[]): { qemu: CaseResult[]; machine: CaseResult[] } {
  const dir = mkdtempSync(join(tmpdir(), 'mmu-'));
  try {
    const elf = buildProgram(dir, cases);
    return {
      qemu: parseOutput(runElfOnQemu(elf), cases),
      machine: parseOutput(runElfOnOurs(readFileSync(elf), cases.length * INSTRUCTIONS_PER_CASE), cases),
    };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Brings the lines that mmu-cases.S prints into `CaseResult`s. */
function parseOutput(output: string, cases: readonly MmuCase[]): CaseResult[] {
  const lines = output.split('\n').map((line) => line.trim());
  if (lines[cases.length] !== 'E') throw new Error(`the program ended early: ${lines.slice(-3).join(' | ')}`);
  return cases.map((c, i) => {
    const words = lines[i].split(' ');
    if (c.kind === 2) return words;
    const outcomes = Array.from({ length: 6 }, (_, run) => outcome(words.slice(8 + 5 * run, 13 + 5 * run)));
    return [...words.slice(0, 8), ...outcomes];
  });
}

/** ESR_EL2, FAR_EL2, HPFAR_EL2, ESR_EL1, FAR_EL1 after a run. */
function outcome(words: readonly string[]): string {
  const [esr2, far2, hpfar, esr1, far1] = words;
  const syndrome = BigInt(`0x${esr2}`);
  if (syndrome === HVC_DONE) return 'ok';
  if (syndrome !== HVC_EL1_FAULT) return `2:${esr2},${far2},${hpfar}`;
  const ec = BigInt(`0x${esr1}`) >> 26n;
  return ec === EC_SVC || ec === EC_UNKNOWN ? 'ok' : `1:${esr1},${far1}`;
}

const STORE_XZR = 3 | Access.write | Access.sf | (31 << Access.srtShift);

/** The same case on our MMU alone, access by access. */
export function runOnOurs(bench: MmuBench, c: MmuCase): CaseResult {
  for (const [address, value] of c.pokes) bench.poke(address, value);
  const { hcr, sctlr, tcr, ttbr0, ttbr1, mair, vtcr, vttbr } = c;
  if (c.kind === 2) bench.set(2, { SCTLR_EL2: sctlr, TCR_EL2: tcr, TTBR0_EL2: ttbr0, MAIR_EL2: mair });
  else {
    bench.set(2, { HCR_EL2: hcr, SCTLR_EL1: sctlr, TCR_EL1: tcr, TTBR0_EL1: ttbr0, TTBR1_EL1: ttbr1, MAIR_EL1: mair });
    bench.set(2, { VTCR_EL2: vtcr, VTTBR_EL2: vttbr });
  }
  bench.mmu.sys(bench.cpu, sysEncoding(4, 8, 7, 4), 0);
  bench.mmu.sys(bench.cpu, sysEncoding(4, 8, 7, 0), 0);
  const results =
    c.kind === 2
      ? translations(bench, c.va, [
          [4, 0],
          [4, 1],
        ])
      : el10Results(bench, c);
  if (c.kind === 2) bench.set(2, { SCTLR_EL2: 0n });
  for (const [address] of c.pokes) bench.poke(address, 0n);
  return results;
}

function translations(bench: MmuBench, va: bigint, operations: readonly (readonly [number, number])[]): string[] {
  return operations.map(([op1, op2]) => addressTranslate(bench, op1, op2, va).toString(16));
}

function el10Results(bench: MmuBench, c: MmuCase): string[] {
  const stage1 = [0, 1, 2, 3].map((op2) => [0, op2] as const);
  const both = [4, 5, 6, 7].map((op2) => [4, op2] as const);
  const results = translations(bench, c.va, [...stage1, ...both]);
  for (const el of [1, 0] as const) {
    for (const run of [LOAD_X3, STORE_XZR]) results.push(dataAccess(bench, c, el, run));
    bench.set(el);
    results.push(fetchAt(bench, branchTarget(c)));
  }
  return results;
}

/** Where BR goes: with TCR_EL1.TBI0 a branch drops the tag of a lower-range address (BranchAddr). Cases leave TBI1 clear. */
function branchTarget(c: MmuCase): bigint {
  const tagged = (c.tcr & (1n << 37n)) !== 0n && (c.va & (1n << 55n)) === 0n;
  return tagged ? BigInt.asUintN(56, c.va) : c.va;
}

function dataAccess(bench: MmuBench, c: MmuCase, el: 0 | 1, info: number): string {
  bench.set(el);
  const { mmu, cpu } = bench;
  const linear = mmu.data(cpu, Number(c.va & 0xffff_ffffn), Number(c.va >> 32n), info);
  if (linear === 0) return abortOutcome(cpu);
  if ((info & Access.write) !== 0) new DataView(bench.memory).setBigUint64(linear, 0n, true);
  return 'ok';
}

/** Result indices of AT S12E1R, S12E1W, S12E0R and S12E0W. */
const isBothStages = (index: number) => index >= 4 && index < 8;
const PAR_FAULT = 1n;
const PAR_SH = 3n << 7n;
const PAR_ATTR = 0xffn << 56n;
/** PAR_EL1.PTW, FST level. */
const PAR_PTW = 1n << 8n;
const PAR_LEVEL = 3n << 1n;

/**
 * Brings a result into the form in which QEMU 7.2 and the Arm ARM can be compared. QEMU departs in three ways:
 * a stage-2 fault on a stage-1 walk carries the level of stage 1; PAR_EL1.SH is not forced to Outer Shareable for Device and
 * Non-cacheable memory; and Normal memory under stage-2 Device becomes a Device type that depends on stage 1's inner cacheability.
 */
export function comparable(kind: 1 | 2, index: number, result: string): string {
  if (kind === 1 && index >= 8) return result.replace(/^2:\w+/, withoutWalkLevel);
  const par = BigInt(`0x${result}`);
  if ((par & PAR_FAULT) !== 0n) return ((par & PAR_PTW) === 0n ? par : par & ~PAR_LEVEL).toString(16);
  const attributes = par >> 56n;
  const device = attributes < 0x10n;
  const compared = device || attributes === 0x44n ? par & ~PAR_SH : par;
  return (device && kind === 1 && isBothStages(index) ? compared & ~PAR_ATTR : compared).toString(16);
}

/** `2:ESR` without the level of a fault on a stage-1 walk (ISS.S1PTW). */
function withoutWalkLevel(text: string): string {
  const syndrome = BigInt(`0x${text.slice(2)}`);
  return `2:${((syndrome & 0x80n) === 0n ? syndrome : syndrome & ~3n).toString(16)}`;
}
