import { describe, expect, it } from 'vitest';
import {
  escapeBinary,
  framePacket,
  hexRegister,
  PacketReader,
  parseHexBytes,
  parseHexRegister,
  toBytes,
  unescapeBinary,
} from './packets.ts';

const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

describe('the line to GDB', () => {
  it('carries packets with a checksum', () => {
    expect(text(framePacket('OK'))).toBe('$OK#9a');
    expect(text(framePacket(''))).toBe('$#00');
  });

  it('is read in pieces of any size', () => {
    const line = toBytes('+$qC#b4+$#00\x03-');
    const whole = new PacketReader().feed(line);
    const reader = new PacketReader();
    const bytewise = Array.from(line).flatMap((byte) => reader.feed(Uint8Array.of(byte)));
    expect(whole).toEqual([
      { kind: 'packet', payload: 'qC' },
      { kind: 'packet', payload: '' },
      { kind: 'interrupt' },
      { kind: 'nack' },
    ]);
    expect(bytewise).toEqual(whole);
  });

  it('tells of a packet that was damaged, and goes on with the next', () => {
    expect(new PacketReader().feed(toBytes('$qC#b5$g#67'))).toEqual([
      { kind: 'damaged' },
      { kind: 'packet', payload: 'g' },
    ]);
  });

  it('starts a packet anew at a dollar sign', () => {
    expect(new PacketReader().feed(toBytes('$m12$g#67'))).toEqual([{ kind: 'packet', payload: 'g' }]);
  });

  it('does not take a byte 3 within a packet for an interrupt', () => {
    expect(new PacketReader().feed(framePacket('X0,1:\x03'))).toEqual([{ kind: 'packet', payload: 'X0,1:\x03' }]);
  });

  it('escapes what has a meaning of its own', () => {
    const data = '#$}*\x00\xff]';
    expect(escapeBinary(data)).toBe('}\x03}\x04}]}\x0a\x00\xff]');
    expect(text(unescapeBinary(escapeBinary(data)))).toBe(data);
  });
});

describe('values in packets', () => {
  it('are in the byte order of the target', () => {
    expect(hexRegister(0x1234_5678n, 64)).toBe('7856341200000000');
    expect(parseHexRegister('7856341200000000')).toBe(0x1234_5678n);
  });

  it('are x where they are not known', () => {
    expect(hexRegister(undefined, 32)).toBe('xxxxxxxx');
    expect(parseHexRegister('xxxxxxxx')).toBeUndefined();
  });

  it('must be pairs of hexadecimal digits', () => {
    expect(parseHexBytes('00Ff')).toEqual(Uint8Array.of(0, 255));
    expect(parseHexBytes('123')).toBeUndefined();
    expect(parseHexRegister('')).toBeUndefined();
  });
});
