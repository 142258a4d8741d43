import { beforeEach, describe, expect, it } from 'vitest';
import { ConsoleTap, type TappedCpu } from './consoles.ts';

const STACK = 0x8000_7fe0n;
const BUFFER = 0xffff_8000_1000_0000n;
const [HVC, DATA_ABORT, SYSREG] = [0x16 << 26, 0x24 << 26, 0x18 << 26].map((esr) => esr >>> 0);
const VPL011_WRITE_X3 = DATA_ABORT + (1 << 24) + (3 << 16) + (1 << 6);

/** A CPU that is told what it is. */
class FakeCpu implements TappedCpu {
  el = 1;
  pc = 0x1000n;
  sp = 0n;
  spEl2 = STACK;
  vmid = 2;
  faultIpa = 0n;
  text = '';
  readonly registers = new Map<number, bigint>();
  constructor(readonly index: number) {}
  x(n: number): bigint {
    return this.registers.get(n) ?? 0n;
  }
  readGuest(va: bigint, length: number): Uint8Array {
    const from = Number(va - BUFFER);
    return new TextEncoder().encode(this.text).subarray(from, from + length);
  }
}

let printed: Record<string, string>;
let tap: ConsoleTap;
let cpu: FakeCpu;

beforeEach(() => {
  printed = {};
  cpu = new FakeCpu(0);
  tap = new ConsoleTap(
    (vmid) => (vmid === 0 ? undefined : vmid - 1),
    (console, bytes) => (printed[console] = (printed[console] ?? '') + new TextDecoder().decode(bytes)),
  );
});

/** The guest asks Xen to print `text` from `offset` on. */
function consoleWrite(text: string, offset = 0): void {
  cpu.text = text;
  const length = BigInt(text.length - offset);
  [0n, length, BUFFER + BigInt(offset)].forEach((value, n) => cpu.registers.set(n, value));
  cpu.registers.set(16, 18n);
  enter(HVC + 0xea1);
}

function enter(esr: number): void {
  tap.exceptionEntry(cpu, esr, 2);
  cpu.el = 2;
  cpu.sp = STACK - 0x200n;
}
function leave(): void {
  tap.exceptionReturn(cpu, 1);
  cpu.el = 1;
}
function uart(text: string): void {
  for (const byte of new TextEncoder().encode(text)) tap.serialByte(cpu, byte);
}

describe('the console tap', () => {
  it('reads what a console hypercall prints, for the domain that made it', () => {
    cpu.vmid = 1;
    consoleWrite('dom0 # ');
    expect(printed).toEqual({ d0: 'dom0 # ' });
  });

  it('takes the characters that a DomU writes to its virtual UART', () => {
    cpu.faultIpa = 0x2200_0000n;
    for (const char of 'ok\n') {
      cpu.registers.set(3, 0xff00n + BigInt(char.charCodeAt(0)));
      enter(VPL011_WRITE_X3);
      leave();
    }
    enter(DATA_ABORT + (1 << 24) + (31 << 16) + (1 << 6));
    leave();
    expect(printed).toEqual({ d1: 'ok\n\0' });
  });

  it('ignores reads, other registers, other hypercalls and Dom0, which has memory there', () => {
    cpu.faultIpa = 0x2200_0000n;
    enter(VPL011_WRITE_X3 - (1 << 6));
    leave();
    cpu.faultIpa = 0x2200_0018n;
    enter(VPL011_WRITE_X3);
    leave();
    cpu.faultIpa = 0x2200_0000n;
    cpu.vmid = 1;
    enter(VPL011_WRITE_X3);
    leave();
    cpu.registers.set(16, 17n);
    enter(HVC + 0xea1);
    leave();
    cpu.registers.set(16, 18n);
    cpu.registers.set(0, 1n);
    enter(HVC + 0xea1);
    leave();
    consoleWrite('');
    expect(printed).toEqual({ d0: '' });
  });

  it('prints a write once that Xen made the guest repeat for its rest', () => {
    consoleWrite('a long message');
    leave();
    consoleWrite('a long message', 7);
    leave();
    consoleWrite('a long message');
    expect(printed.d1).toBe('a long messagea long message');
  });

  it("calls Xen's echo of a domain's output no output of Xen", () => {
    uart('(XEN) before\n');
    consoleWrite('hello');
    uart('(XEN) DOM1: hello\n');
    leave();
    enter(SYSREG);
    uart('(XEN) after\n');
    expect(printed).toEqual({ xen: '(XEN) before\n(XEN) after\n', d1: 'hello' });
  });

  it('gives Xen what it prints in an interrupt amid a console trap, on another CPU, or after it switched vCPUs', () => {
    consoleWrite('x');
    tap.interruptEntry(cpu, 2);
    uart('i');
    tap.exceptionReturn(cpu, 2);
    uart('echo');
    const other = new FakeCpu(1);
    other.el = 2;
    tap.serialByte(other, 0x6f);
    cpu.sp = STACK - 0x1_0000n;
    uart('s');
    expect(printed.xen).toBe('ios');
  });
});
