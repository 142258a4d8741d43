import { describe, expect, it } from 'vitest';
import { LinuxImageError, readLinuxImage } from './linux-image.ts';

function header(): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(8, 0x8_0000n, true);
  view.setBigUint64(16, 0x1b0_0000n, true);
  view.setUint32(56, 0x644d5241, true);
  return { bytes, view };
}

describe('arm64 images', () => {
  it('say where they want to be and how much they take', () => {
    expect(readLinuxImage(header().bytes)).toEqual({ textOffset: 0x8_0000, imageSize: 0x1b0_0000, bigEndian: false });
  });

  it('of the other byte order are told apart', () => {
    const { bytes, view } = header();
    view.setBigUint64(24, 0xbn, true);
    expect(readLinuxImage(bytes).bigEndian).toBe(true);
  });

  it('that are none are refused with the reason', () => {
    expect(() => readLinuxImage(new Uint8Array(63))).toThrow(LinuxImageError);
    expect(() => readLinuxImage(new Uint8Array(64))).toThrow(/magic/);
    const gzip = new Uint8Array(64);
    gzip.set([0x1f, 0x8b]);
    expect(() => readLinuxImage(gzip)).toThrow(/compressed/);
    const { bytes, view } = header();
    view.setBigUint64(16, 1n << 40n, true);
    expect(() => readLinuxImage(bytes)).toThrow(/not sensible/);
  });
});
