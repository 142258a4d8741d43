/** The ZCU102's device tree, as far as Xen and these guests use the board, with the domains that Xen is to create. */
import { cells, type FdtNode, strings, writeFdt } from '../formats/fdt.ts';
import { type BootPlan, chosenNode } from './chosen.ts';
import { cpuCount, memorySize } from './default-machine.ts';
import { node, regions, twoCells } from './tree-nodes.ts';

/** What a device tree is made for. */
export interface DeviceTreePlan {
  readonly boot: BootPlan;
  /**
   * `board`: the GIC regions of the hardware. `qemu`: QEMU 7.2 answers GICC_IIDR so that Xen does not see that each 4 KiB page of the GIC repeats
   * through its 64 KiB window; with regions that begin at the window's last page, the second page follows where Xen looks for it.
   */
  readonly gic: 'board' | 'qemu';
}

const GIC_PHANDLE = 1;
const CLOCK_PHANDLE = 2;
/** CPU 0; the others follow. */
const CPU_PHANDLE = 3;
/** Interrupt specifier cells (GIC binding): type, then number, then flags. */
const SPI = 0;
const PPI = 1;
const LEVEL_HIGH = 4;
/** SPI of CPU 0's performance monitors; the others follow. */
const PMU_SPI = 143;
/** Level low, all four CPUs. */
const PPI_LEVEL_LOW = 0xf08;
const PPI_LEVEL_HIGH = 0xf04;

const GIC_REGIONS = {
  board: [0xf901_0000, 0x1_0000, 0xf902_0000, 0x2_0000, 0xf904_0000, 0x2_0000, 0xf906_0000, 0x2_0000],
  qemu: [0xf901_0000, 0x1_0000, 0xf902_f000, 0x2000, 0xf904_0000, 0x2_0000, 0xf906_f000, 0x2000],
} as const;

/** The blob that Xen is given in X0. */
export function makeDeviceTree(plan: DeviceTreePlan): Uint8Array {
  return writeFdt({ bootCpu: 0, reservations: [], root: rootNode(plan) });
}

function rootNode(plan: DeviceTreePlan): FdtNode {
  const properties = {
    model: 'ZynqMP ZCU102 Rev1.0',
    compatible: strings('xlnx,zynqmp-zcu102-rev1.0', 'xlnx,zynqmp-zcu102', 'xlnx,zynqmp'),
    ...twoCells,
    'interrupt-parent': GIC_PHANDLE,
  };
  return node('', properties, [
    cpusNode(),
    node('psci', { compatible: strings('arm,psci-1.0', 'arm,psci-0.2'), method: 'smc' }),
    node('memory@0', { device_type: 'memory', reg: regions(0, memorySize) }),
    timerNode(),
    pmuNode(),
    gicNode(plan.gic),
    busNode(plan.gic === 'board'),
    node('aliases', { serial0: '/amba/serial@ff000000', serial1: '/amba/serial@ff010000' }),
    chosenNode(plan.boot),
  ]);
}

const eachCpu = Array.from({ length: cpuCount }, (_, cpu) => cpu);

function cpusNode(): FdtNode {
  const cpu = (reg: number): FdtNode =>
    node(`cpu@${reg}`, {
      compatible: 'arm,cortex-a53',
      device_type: 'cpu',
      'enable-method': 'psci',
      reg,
      phandle: CPU_PHANDLE + reg,
    });
  return node('cpus', { '#address-cells': 1, '#size-cells': 0 }, eachCpu.map(cpu));
}

/** Xen 4.17 keeps this node to itself: no domain has performance monitors, and its accesses to them trap. */
function pmuNode(): FdtNode {
  return node('pmu', {
    compatible: 'arm,armv8-pmuv3',
    interrupts: cells(...eachCpu.flatMap((cpu) => [SPI, PMU_SPI + cpu, LEVEL_HIGH])),
    'interrupt-affinity': cells(...eachCpu.map((cpu) => CPU_PHANDLE + cpu)),
  });
}

/** Secure physical, non-secure physical, virtual and hypervisor timer. */
function timerNode(): FdtNode {
  const interrupts = cells(...[13, 14, 11, 10].flatMap((ppi) => [PPI, ppi, PPI_LEVEL_LOW]));
  return node('timer', { compatible: 'arm,armv8-timer', interrupts });
}

function gicNode(kind: DeviceTreePlan['gic']): FdtNode {
  return node('interrupt-controller@f9010000', {
    compatible: 'arm,gic-400',
    '#interrupt-cells': 3,
    '#address-cells': 0,
    'interrupt-controller': true,
    reg: regions(...GIC_REGIONS[kind]),
    interrupts: cells(PPI, 9, PPI_LEVEL_HIGH),
    phandle: GIC_PHANDLE,
  });
}

/** The UARTs get a fixed clock: on the board theirs come from firmware services that Debian's cloud kernel has no driver for. */
function busNode(hasStm: boolean): FdtNode {
  return node('amba', { compatible: 'simple-bus', ...twoCells, ranges: true }, [
    uartNode(0xff00_0000, 21),
    uartNode(0xff01_0000, 22),
    ...(hasStm ? [stmNode()] : []),
    node('clk', {
      compatible: 'fixed-clock',
      '#clock-cells': 0,
      'clock-frequency': 100_000_000,
      phandle: CLOCK_PHANDLE,
    }),
  ]);
}

function uartNode(base: number, spi: number): FdtNode {
  return node(`serial@${base.toString(16)}`, {
    compatible: strings('cdns,uart-r1p12', 'xlnx,xuartps'),
    status: 'okay',
    interrupts: cells(SPI, spi, LEVEL_HIGH),
    reg: regions(base, 0x1000),
    'clock-names': strings('uart_clk', 'pclk'),
    clocks: cells(CLOCK_PHANDLE, CLOCK_PHANDLE),
  });
}

/** System Trace Macrocell (Linux' arm,coresight-stm binding): its registers, then its stimulus ports. QEMU has none. */
function stmNode(): FdtNode {
  return node('stm@fe9c0000', {
    compatible: strings('arm,coresight-stm', 'arm,primecell'),
    reg: regions(0xfe9c_0000, 0x1000, 0xf800_0000, 0x100_0000),
    'reg-names': strings('stm-base', 'stm-stimulus-base'),
    'clock-names': 'apb_pclk',
    clocks: cells(CLOCK_PHANDLE),
  });
}
