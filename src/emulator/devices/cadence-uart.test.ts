import { beforeEach, describe, expect, it } from 'vitest';
import { CadenceUart } from './cadence-uart.ts';

const [CR, MR, IER, IDR, IMR, ISR, BRGR, RTOR, RTRIG, SR, FIFO, BDIV, TTRIG] = [
  0x00, 0x04, 0x08, 0x0c, 0x10, 0x14, 0x18, 0x1c, 0x20, 0x2c, 0x30, 0x34, 0x44,
];
const ENABLE_BOTH = 0x14;
const [REMPTY, RFUL, TIMEOUT] = [2, 4, 0x100];

let now: number;
let interrupt: boolean;
let sent: string;
let uart: CadenceUart;

const read = (offset: number) => uart.read(offset, 4);
const write = (offset: number, value: number) => uart.write(offset, 4, value);
const receive = (text: string) => uart.receive(new TextEncoder().encode(text));

function makeUart(): CadenceUart {
  return new CadenceUart('uart0', 0xff00_0000, {
    now: () => now,
    setInterrupt: (level) => (interrupt = level),
    deadlineChanged: () => {},
    output: (byte) => (sent += String.fromCharCode(byte)),
    input: () => {},
  });
}

/** Lets time pass until nothing is due any more, and tells when that was. */
function settle(): number {
  while (uart.nextDeadline() !== Infinity) {
    now = Math.max(now, uart.nextDeadline());
    uart.update(now);
  }
  return now;
}

beforeEach(() => {
  now = 0;
  sent = '';
  interrupt = false;
  uart = makeUart();
});

describe('the Cadence UART', () => {
  it('resets with both directions disabled', () => {
    expect([CR, MR, IMR, ISR, BRGR, RTRIG, SR, BDIV, TTRIG].map(read)).toEqual([
      0x128, 0, 0, 0x0a, 0x28b, 0x20, 0x0a, 0x0f, 0x20,
    ]);
    uart.write(FIFO, 1, 65);
    expect(sent).toBe('');
  });

  it('sends at once when enabled, and clears its reset bits by itself', () => {
    write(CR, ENABLE_BOTH | 3);
    expect(read(CR)).toBe(ENABLE_BOTH);
    for (const byte of 'Xen') uart.write(FIFO, 1, byte.charCodeAt(0));
    expect(sent).toBe('Xen');
    expect(read(SR)).toBe(0x0a);
  });

  it('lets input wait until the receiver is enabled', () => {
    receive('a');
    expect(uart.nextDeadline()).toBe(Infinity);
    write(CR, ENABLE_BOTH);
    settle();
    expect(read(FIFO)).toBe(97);
    expect(read(SR) & REMPTY).toBe(REMPTY);
  });

  it('receives at 115,200 baud', () => {
    write(CR, ENABLE_BOTH);
    receive('abcdefghijk');
    expect(settle()).toBe(10 * 86_806);
  });

  it('holds 64 characters and lets the rest wait', () => {
    write(CR, ENABLE_BOTH);
    receive('x'.repeat(70));
    settle();
    expect(read(SR) & RFUL).toBe(RFUL);
    expect(uart.backlog).toBe(6);
    for (let i = 0; i < 64; i++) expect(read(FIFO)).toBe(120);
    settle();
    expect(uart.backlog).toBe(0);
  });

  it('interrupts at the trigger level, until drained and acknowledged', () => {
    write(CR, ENABLE_BOTH);
    write(RTRIG, 2);
    write(IER, 1);
    receive('a');
    settle();
    expect(interrupt).toBe(false);
    receive('b');
    settle();
    expect(interrupt).toBe(true);
    write(ISR, 1);
    expect(interrupt, 'the level still stands').toBe(true);
    read(FIFO);
    write(ISR, 1);
    expect(interrupt).toBe(false);
  });

  it('enables and disables interrupts one by one', () => {
    write(IER, 0x13);
    write(IDR, 0x11);
    expect(read(IMR)).toBe(2);
    expect(interrupt, 'the receive FIFO is empty').toBe(true);
  });

  it('reports silence after the last character when a timeout is set', () => {
    write(CR, ENABLE_BOTH);
    write(RTOR, 10);
    write(IER, TIMEOUT);
    receive('q');
    uart.update(now);
    expect(uart.nextDeadline()).toBe(40 * 8681);
    settle();
    expect(read(ISR) & TIMEOUT).toBe(TIMEOUT);
    expect(interrupt).toBe(true);
  });

  it('loops back what it sends, and echoes what it receives', () => {
    write(CR, ENABLE_BOTH);
    write(MR, 2 << 8);
    write(FIFO, 80);
    expect(sent).toBe('');
    expect(read(FIFO)).toBe(80);
    write(MR, 1 << 8);
    receive('e');
    settle();
    expect(sent).toBe('e');
    expect(read(FIFO)).toBe(101);
    write(MR, 3 << 8);
    receive('r');
    settle();
    expect(sent).toBe('er');
    expect(read(SR) & REMPTY).toBe(REMPTY);
  });

  it('is saved with the characters that still wait', () => {
    write(CR, ENABLE_BOTH);
    write(IER, 1);
    write(RTRIG, 1);
    receive('hello');
    uart.update(now);
    const saved = JSON.parse(JSON.stringify(uart.save()));
    uart = makeUart();
    interrupt = false;
    uart.restore(saved);
    expect(interrupt).toBe(true);
    expect(uart.save()).toEqual(saved);
    settle();
    expect(String.fromCharCode(...[1, 2, 3, 4, 5].map(() => read(FIFO)))).toBe('hello');
  });
});
