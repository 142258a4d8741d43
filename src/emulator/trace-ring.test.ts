import { beforeEach, describe, expect, it } from 'vitest';
import { RECORD_WORDS, TraceKind, TraceRecord } from '../base/trace-record.ts';
import type { Cpu } from './cpu/cpu.ts';
import { CpuState, EL } from './cpu/state.ts';
import { Reg } from './cpu/system-registers/offsets.ts';
import { DRAM_BASE } from './memory-layout.ts';
import { TRACE_RING_RECORDS, TraceRing } from './trace-ring.ts';

const memory = new ArrayBuffer(DRAM_BASE);
let ring: TraceRing;
let cpu: Cpu;

beforeEach(() => {
  ring = new TraceRing(memory);
  cpu = { index: 2, state: new CpuState(memory, 2) } as Cpu;
});

/** Everything in the ring, each record apart. */
function drained(): Uint32Array[] {
  const records: Uint32Array[] = [];
  ring.drain((words) => {
    for (let at = 0; at < words.length; at += RECORD_WORDS) records.push(words.slice(at, at + RECORD_WORDS));
  });
  return records;
}

describe('the trace ring', () => {
  it('keeps every part of a record', () => {
    cpu.state.pc = 0xffff_8000_0802_8ca4n;
    cpu.state.set(EL, 1);
    cpu.state.set64(Reg.VTTBR_EL2, 0x00fe_0000_1234_5000n);
    cpu.state.set64(Reg.TCR_EL1, 1n << 36n);
    cpu.state.set64(Reg.TTBR0_EL1, 0xabcd_0000_4000_1000n);
    ring.write(cpu, TraceKind.stimulus, 2 ** 47 + 12_345, 2 ** 45 + 678, 0x8000_0001, 0xffff_0002);
    const [words] = drained();
    expect(TraceRecord.time(words, 0)).toBe(2 ** 47 + 12_345);
    expect(TraceRecord.instructions(words, 0)).toBe(2 ** 45 + 678);
    expect(TraceRecord.kind(words, 0)).toBe(TraceKind.stimulus);
    expect([TraceRecord.cpu(words, 0), TraceRecord.el(words, 0)]).toEqual([2, 1]);
    expect([TraceRecord.vmid(words, 0), TraceRecord.asid(words, 0)]).toEqual([0xfe, 0xabcd]);
    expect(TraceRecord.pc(words, 0)).toBe(0xffff_8000_0802_8ca4n);
    expect(TraceRecord.argument(words, 0)).toBe(0xffff_0002_8000_0001n);
  });

  it('takes the ASID from TTBR1 when TCR_EL1.A1 says so', () => {
    cpu.state.set64(Reg.TCR_EL1, 1n << 22n);
    cpu.state.set64(Reg.TTBR1_EL1, 0x0042_0000_4000_1000n);
    ring.write(cpu, TraceKind.wfi, 0, 0, 0, 0);
    expect(TraceRecord.asid(drained()[0], 0)).toBe(0x42);
  });

  it('gives records in their order, also over its end, and each once', () => {
    for (let n = 0; n < TRACE_RING_RECORDS - 1; n++) ring.write(cpu, TraceKind.wfi, n, n, 0, 0);
    drained();
    for (let n = 0; n < 5; n++) ring.write(cpu, TraceKind.wfi, n, n, 0, 0);
    expect(drained().map((words) => TraceRecord.time(words, 0))).toEqual([0, 1, 2, 3, 4]);
    expect(drained()).toEqual([]);
  });

  it('drops the oldest when nobody takes them, and says how many', () => {
    for (let n = 0; n < TRACE_RING_RECORDS + 3; n++) ring.write(cpu, TraceKind.wfi, n, n, 0, 0);
    expect(ring.lostRecords).toBe(3);
    const records = drained();
    expect(records.length).toBe(TRACE_RING_RECORDS);
    expect(TraceRecord.time(records[0], 0)).toBe(3);
  });

  it('loses nothing when somebody drains it as it fills', () => {
    let taken = 0;
    ring.onFull = () => ring.drain((words) => (taken += words.length / RECORD_WORDS));
    for (let n = 0; n < 2.5 * TRACE_RING_RECORDS; n++) ring.write(cpu, TraceKind.wfi, n, n, 0, 0);
    expect(taken).toBe(2 * TRACE_RING_RECORDS);
    expect(ring.lostRecords).toBe(0);
  });

  it('writes nothing while it is switched off', () => {
    ring.enabled = false;
    ring.write(cpu, TraceKind.wfi, 1, 1, 0, 0);
    expect(drained()).toEqual([]);
  });
});
