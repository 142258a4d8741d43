import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { findNode, findProperty, type FdtNode, readFdt } from '../formats/fdt.ts';
import { defaultBoot } from './default-machine.ts';
import { makeDeviceTree } from './device-tree.ts';

const plan = { boot: defaultBoot(0x1a0_0000, 0x14_0000), gic: 'board' } as const;
const root = readFdt(makeDeviceTree(plan)).root;

function at(path: string): FdtNode {
  const found = findNode(root, path);
  if (found === undefined) throw new Error(`no ${path}`);
  return found;
}

/** The 32-bit cells of a property. */
function cellsOf(path: string, name: string): number[] {
  const value = findProperty(at(path), name) ?? new Uint8Array();
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return Array.from({ length: value.length / 4 }, (_, index) => view.getUint32(index * 4));
}

describe('the default device tree', () => {
  it('is taken by dtc with no complaint but that of the names Xen wants', () => {
    const script = 'dtc -I dtb -O dts -o /dev/null - 2>&1';
    const messages = execFileSync('sh', ['-c', script], { input: makeDeviceTree(plan), encoding: 'utf8' });
    const rest = messages.split('\n').filter((line) => !/\/chosen\/dom0|\/amba\/clk|^$/.test(line));
    expect(rest).toEqual([]);
  });

  it("has the hardware's GIC regions, and others only for QEMU, which has no System Trace Macrocell", () => {
    const gic = 'interrupt-controller@f9010000';
    expect(cellsOf(gic, 'reg').filter((_, index) => index % 4 === 1)).toEqual([
      0xf901_0000, 0xf902_0000, 0xf904_0000, 0xf906_0000,
    ]);
    const source = (kind: 'board' | 'qemu'): string[] => {
      const input = makeDeviceTree({ ...plan, gic: kind });
      const text = execFileSync('dtc', ['-q', '-I', 'dtb', '-O', 'dts', '-'], { input, encoding: 'utf8' });
      return text.replace(/\n\t\tstm@fe9c0000 \{[^}]*\};\n/, '').split('\n');
    };
    const [board, qemu] = [source('board'), source('qemu')];
    const changed = qemu.filter((line, index) => line !== board[index]);
    expect(changed).toHaveLength(1);
    expect(changed[0]).toMatch(/reg = <0x00 0xf9010000 .*0xf902f000/);
    const stm = 'amba/stm@fe9c0000';
    expect(cellsOf(stm, 'reg')).toEqual([0, 0xfe9c_0000, 0, 0x1000, 0, 0xf800_0000, 0, 0x100_0000]);
    expect(findNode(readFdt(makeDeviceTree({ ...plan, gic: 'qemu' })).root, stm)).toBeUndefined();
  });

  it("has each CPU's performance monitors interrupt it, as on the board", () => {
    const cpus = [0, 1, 2, 3];
    expect(cellsOf('pmu', 'interrupts')).toEqual(cpus.flatMap((cpu) => [0, 143 + cpu, 4]));
    const affinity = cellsOf('pmu', 'interrupt-affinity');
    expect(affinity).toEqual(cpus.map((cpu) => cellsOf(`cpus/cpu@${cpu}`, 'phandle')[0]));
    expect(new Set(affinity).size).toBe(4);
  });

  it('gives each DomU its memory in KiB and its vCPUs', () => {
    expect(cellsOf('chosen/domU1', 'memory')).toEqual([0, 192 * 1024]);
    expect(cellsOf('chosen/domU1', 'cpus')).toEqual([2]);
    expect(cellsOf('chosen/domU2', 'memory')).toEqual([0, 160 * 1024]);
    expect(cellsOf('chosen/domU2', 'cpus')).toEqual([1]);
  });

  it('keeps all images apart', () => {
    const regs = ['dom0', 'dom0-ramdisk', 'domU1/module@18000000', 'domU1/module@1c000000'].map((name) =>
      cellsOf(`chosen/${name}`, 'reg'),
    );
    const ends = regs.map(([, address, , size]) => address + size);
    regs.slice(1).forEach(([, address], index) => expect(address).toBeGreaterThanOrEqual(ends[index]));
  });
});
