import { beforeEach, describe, expect, it } from 'vitest';
import { ConsoleInput } from './console-input.ts';

let sent: string[];
let input: ConsoleInput;
const encode = (text: string) => new TextEncoder().encode(text);
const announce = (whom: string) =>
  input.xenPrinted(encode(`(XEN) *** Serial input to ${whom} (type 'CTRL-a' three times to switch input)\r\n`));

beforeEach(() => {
  sent = [];
  input = new ConsoleInput((bytes) => sent.push(new TextDecoder().decode(bytes)));
});

function type(console: 'xen' | `d${number}`, text: string): void {
  input.type(console, encode(text));
  input.pump();
}

describe('console input', () => {
  it('waits until Xen has said who gets it', () => {
    type('d0', 'ls\n');
    expect(sent).toEqual([]);
    expect(announce('DOM0')).toBe(true);
    input.pump();
    expect(sent).toEqual(['ls\n']);
    expect(input.isPending).toBe(false);
  });

  it('moves on step by step until the right console has the input', () => {
    announce('DOM0');
    type('d2', 'a');
    expect(sent).toEqual(['\x01\x01\x01']);
    type('d2', 'b');
    expect(sent, 'one switch at a time').toHaveLength(1);
    announce('DOM1');
    input.pump();
    announce('DOM2');
    input.pump();
    expect(sent).toEqual(['\x01\x01\x01', '\x01\x01\x01', 'a', 'b']);
    type('xen', 'q');
    announce('Xen');
    input.pump();
    expect(sent.slice(4)).toEqual(['\x01\x01\x01', 'q']);
    expect(input.focus).toBe('xen');
  });

  it('sees an announcement that comes in pieces, and no other line', () => {
    expect(input.xenPrinted(encode('(XEN) *** Serial input'))).toBe(false);
    expect(input.xenPrinted(encode(' to DOM12\n(XEN) more'))).toBe(true);
    expect(input.focus).toBe('d12');
    expect(input.xenPrinted(encode('\n(XEN) d0 has 2 vCPUs\n'))).toBe(false);
  });

  it('can be saved in the middle of a switch', () => {
    announce('DOM0');
    type('d1', 'x');
    const saved = JSON.parse(JSON.stringify(input.save()));
    input = new ConsoleInput((bytes) => sent.push(new TextDecoder().decode(bytes)));
    input.restore(saved);
    input.pump();
    expect(sent).toEqual(['\x01\x01\x01']);
    announce('DOM1');
    input.pump();
    expect(sent[1]).toBe('x');
  });
});
