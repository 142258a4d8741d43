/** Which device answers at a physical address outside RAM. */
import type { Device, Width } from './devices/device.ts';

/** Told about an access that no device answers. It reads as zero or writes nothing. */
export type UnmodelledHandler = (cpu: number, pa: number, width: Width, isWrite: boolean) => void;

interface Window {
  readonly base: number;
  readonly end: number;
  readonly device: Device;
  readonly region: number;
}

export class Bus {
  /** In ascending order, not overlapping. */
  private readonly windows: readonly Window[];
  /** The window hit last: accesses come in runs. */
  private last: Window | undefined;

  constructor(
    devices: readonly Device[],
    private readonly unmodelled: UnmodelledHandler,
  ) {
    this.windows = devices.flatMap(windowsOf).sort((a, b) => a.base - b.base);
    this.windows.forEach((window, i) => {
      if (i > 0 && this.windows[i - 1].end > window.base)
        throw new Error(`${window.device.name} overlaps another device`);
    });
  }

  /** Reads `width` bytes, naturally aligned; the result is unsigned. */
  read(cpu: number, pa: number, width: Width): number {
    const window = this.find(pa);
    if (window) return window.device.read(pa - window.base, width, cpu, window.region) >>> 0;
    this.unmodelled(cpu, pa, width, false);
    return 0;
  }

  write(cpu: number, pa: number, width: Width, value: number): void {
    const window = this.find(pa);
    if (window) window.device.write(pa - window.base, width, value >>> 0, cpu, window.region);
    else this.unmodelled(cpu, pa, width, true);
  }

  private find(pa: number): Window | undefined {
    const { last } = this;
    if (last && pa >= last.base && pa < last.end) return last;
    const found = this.windows.find(({ base, end }) => pa >= base && pa < end);
    if (found) this.last = found;
    return found;
  }
}

function windowsOf(device: Device): Window[] {
  return device.regions.map(({ base, size }, region) => ({ base, end: base + size, device, region }));
}
