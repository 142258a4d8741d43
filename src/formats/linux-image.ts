/** The header of an arm64 boot image, which Linux and Xen share (Documentation/arm64/booting.rst, section 4). */

/** An image that is not one, or not one for this machine. */
export class LinuxImageError extends Error {
  override readonly name = 'LinuxImageError';
}

/** What the header says. */
export interface LinuxImageHeader {
  /** Bytes from a 2 MiB boundary at which the image must be put. */
  readonly textOffset: number;
  /** Bytes from the image's start that the kernel uses in memory (including its BSS). 0: unknown (before Linux 3.17). */
  readonly imageSize: number;
  readonly bigEndian: boolean;
}

const HEADER_SIZE = 64;
/** `ARM\x64`. */
const MAGIC = 0x644d5241;
const GZIP_MAGIC = 0x8b1f;

/** Reads the header at the start of `image`. Throws `LinuxImageError`. */
export function readLinuxImage(image: Uint8Array): LinuxImageHeader {
  if (image.length < HEADER_SIZE) throw new LinuxImageError(`an image of ${image.length} bytes has no header`);
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  if (view.getUint32(56, true) !== MAGIC) {
    const compressed = view.getUint16(0, true) === GZIP_MAGIC;
    throw new LinuxImageError(
      compressed ? 'the image is compressed: unpack it with gunzip' : 'not an arm64 boot image (no ARM\\x64 magic)',
    );
  }
  return {
    textOffset: safe(view.getBigUint64(8, true)),
    imageSize: safe(view.getBigUint64(16, true)),
    bigEndian: (view.getBigUint64(24, true) & 1n) === 1n,
  };
}

function safe(value: bigint): number {
  if (value > 0xffff_ffffn) throw new LinuxImageError('the sizes in the image header are not sensible');
  return Number(value);
}
