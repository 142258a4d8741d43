import { beforeEach, describe, expect, it } from 'vitest';
import { Line } from '../../cpu/state.ts';
import { StateError } from '../device.ts';
import { Gic400, type GicHost } from './gic400.ts';
import { TraceKind } from '../../trace-events.ts';
import { GICC, GICD, GICH } from './registers.ts';

const REGION = { GICD: 0, GICC: 1, GICH: 2, GICV: 3 };
const DIR = 0x1_0000;
const EOI_MODE = 0x200;

let lines: number[];
/** Trace events: CPU, kind, low half of the argument. */
let events: [number, number, number][];
let gic: Gic400;

const read = (region: number, offset: number, cpu = 0) => gic.read(offset, 4, cpu, region);
const write = (region: number, offset: number, value: number, cpu = 0) => gic.write(offset, 4, value, cpu, region);
const byte = (offset: number, value: number, cpu = 0) => gic.write(offset, 1, value, cpu, REGION.GICD);
const acknowledge = (cpu = 0) => read(REGION.GICC, GICC.IAR, cpu);
const end = (intid: number, cpu = 0) => write(REGION.GICC, GICC.EOIR, intid, cpu);

const host: GicHost = {
  setLines: (cpu, bits) => (lines[cpu] = bits),
  executing: () => 0,
  trace: (cpu, kind, low) => events.push([cpu, kind, low]),
};

/** Enables the distributor, and each CPU interface with all priorities let through. */
function enableAll(control = 1): void {
  write(REGION.GICD, GICD.CTLR, 1);
  for (let cpu = 0; cpu < 4; cpu++) {
    write(REGION.GICC, GICC.PMR, 0xff, cpu);
    write(REGION.GICC, GICC.CTLR, control, cpu);
  }
}

/** Enables an SPI towards the CPUs in `targets`. */
function enableSpi(intid: number, targets: number, priority = 0xa0): void {
  byte(GICD.ITARGETSR + intid, targets);
  byte(GICD.IPRIORITYR + intid, priority);
  write(REGION.GICD, GICD.ISENABLER + (intid >>> 5) * 4, 1 << (intid & 31));
}

beforeEach(() => {
  lines = [0, 0, 0, 0];
  events = [];
  gic = new Gic400(host);
  gic.reset();
});

describe('GIC-400 identification', () => {
  it('shows 192 INTIDs, 4 CPUs and the Security Extensions', () => {
    expect(read(REGION.GICD, GICD.TYPER) & 0x7ff).toBe(0x465);
    expect(read(REGION.GICD, GICD.IIDR)).toBe(0x0200_143b);
    expect(read(REGION.GICD, 0xfe8)).toBe(0x2b);
    expect(read(REGION.GICH, GICH.VTR)).toBe(0x9000_0003);
  });

  it('repeats each 4 KiB page through its 64 KiB window, with GICC_DIR in the next', () => {
    expect(read(REGION.GICC, GICC.IIDR)).toBe(0x0202_143b);
    expect(read(REGION.GICC, 0xf000 + GICC.IIDR)).toBe(0x0202_143b);
    expect(read(REGION.GICC, 0x1000 + GICC.IAR)).toBe(1023);
    expect(read(REGION.GICC, DIR)).toBe(0);
    expect(read(REGION.GICV, 0x3000 + GICC.IIDR)).toBe(0x0202_143b);
    expect(read(REGION.GICD, 0x1000 + GICD.TYPER)).toBe(read(REGION.GICD, GICD.TYPER));
  });
});

describe('the distributor', () => {
  it('has banked target registers that name the reading CPU', () => {
    expect([0, 1, 2, 3].map((cpu) => read(REGION.GICD, GICD.ITARGETSR, cpu))).toEqual([
      0x0101_0101, 0x0202_0202, 0x0404_0404, 0x0808_0808,
    ]);
    write(REGION.GICD, GICD.ITARGETSR, 0);
    expect(read(REGION.GICD, GICD.ITARGETSR)).toBe(0x0101_0101);
  });

  it('has SGIs always enabled and edge-triggered, PPIs level-sensitive', () => {
    write(REGION.GICD, GICD.ICENABLER, 0xffff_ffff);
    expect(read(REGION.GICD, GICD.ISENABLER)).toBe(0xffff);
    expect(read(REGION.GICD, GICD.ICFGR)).toBe(0xaaaa_aaaa);
    write(REGION.GICD, GICD.ICFGR + 4, 0xffff_ffff);
    expect(read(REGION.GICD, GICD.ICFGR + 4)).toBe(0x5554_0000);
  });

  it('implements 16 Non-secure priorities, by byte and by word', () => {
    byte(GICD.IPRIORITYR + 41, 0xff);
    expect(gic.read(GICD.IPRIORITYR + 41, 1, 0, REGION.GICD)).toBe(0xf0);
    expect(read(REGION.GICD, GICD.IPRIORITYR + 40)).toBe(0xf000);
  });

  it('hides the groups from Non-secure software', () => {
    write(REGION.GICD, GICD.IGROUPR + 4, 0xffff_ffff);
    expect(read(REGION.GICD, GICD.IGROUPR + 4)).toBe(0);
  });

  it('keeps private interrupts of each CPU apart', () => {
    write(REGION.GICD, GICD.ISENABLER, 1 << 27, 2);
    expect(read(REGION.GICD, GICD.ISENABLER, 2)).toBe(0x0800_ffff);
    expect(read(REGION.GICD, GICD.ISENABLER, 1)).toBe(0xffff);
    gic.setPpi(2, 27, true);
    expect(read(REGION.GICD, GICD.ISPENDR, 2)).toBe(1 << 27);
    expect(read(REGION.GICD, GICD.ISPENDR, 1)).toBe(0);
    expect(read(REGION.GICD, GICD.PPISR, 2)).toBe(1 << 11);
  });
});

describe('a level-sensitive interrupt', () => {
  beforeEach(() => {
    enableAll();
    enableSpi(53, 0b0010);
  });

  it('is signalled to its targets only, and follows its signal', () => {
    gic.setSpi(21, true);
    expect(lines).toEqual([0, Line.IRQ, 0, 0]);
    gic.setSpi(21, false);
    expect(lines).toEqual([0, 0, 0, 0]);
  });

  it('is not signalled again while active, but again after its end when its signal stays', () => {
    gic.setSpi(21, true);
    expect(acknowledge(1)).toBe(53);
    expect(lines[1]).toBe(0);
    expect(read(REGION.GICD, GICD.ISACTIVER + 4)).toBe(1 << 21);
    expect(acknowledge(1)).toBe(1023);
    end(53, 1);
    expect(lines[1]).toBe(Line.IRQ);
    expect(acknowledge(1)).toBe(53);
    gic.setSpi(21, false);
    end(53, 1);
    expect(lines[1]).toBe(0);
  });

  it('can be made pending by software until acknowledged', () => {
    write(REGION.GICD, GICD.ISPENDR + 4, 1 << 21);
    expect(acknowledge(1)).toBe(53);
    end(53, 1);
    expect(lines[1]).toBe(0);
  });

  it('stays pending when software clears it while the signal is high', () => {
    gic.setSpi(21, true);
    write(REGION.GICD, GICD.ICPENDR + 4, 1 << 21);
    expect(read(REGION.GICD, GICD.ISPENDR + 4)).toBe(1 << 21);
  });

  it('goes to the first of several targets that acknowledges it', () => {
    byte(GICD.ITARGETSR + 53, 0b1010);
    gic.setSpi(21, true);
    expect(lines).toEqual([0, Line.IRQ, 0, Line.IRQ]);
    expect(acknowledge(3)).toBe(53);
    expect(lines).toEqual([0, 0, 0, 0]);
    expect(acknowledge(1)).toBe(1023);
  });
});

describe('an edge-triggered interrupt', () => {
  it('is remembered, and pending again when an edge comes while it is active', () => {
    enableAll();
    enableSpi(40, 1);
    write(REGION.GICD, GICD.ICFGR + 8, 2 << 16);
    const pulse = () => [true, false].forEach((level) => gic.setSpi(8, level));
    pulse();
    expect(acknowledge()).toBe(40);
    pulse();
    expect(acknowledge()).toBe(1023);
    end(40);
    expect(acknowledge()).toBe(40);
    end(40);
    expect(acknowledge()).toBe(1023);
  });
});

describe('software generated interrupts', () => {
  beforeEach(() => enableAll());
  const SELF = 2 << 24;
  const OTHERS = 1 << 24;

  it('go to a list, to all others or to the sender', () => {
    write(REGION.GICD, GICD.SGIR, 0b0101 << 16, 3);
    expect(lines).toEqual([1, 0, 1, 0]);
    write(REGION.GICD, GICD.SGIR, OTHERS | 1, 0);
    expect(lines).toEqual([1, 1, 1, 1]);
    expect(acknowledge(1)).toBe(1);
    write(REGION.GICD, GICD.SGIR, SELF | 2, 1);
    expect(read(REGION.GICD, GICD.SPENDSGIR, 1)).toBe(2 << 16);
  });

  it('are acknowledged once for each sender, the lowest first', () => {
    write(REGION.GICD, GICD.SGIR, (1 << 16) | 5, 3);
    write(REGION.GICD, GICD.SGIR, (1 << 16) | 5, 1);
    expect(acknowledge()).toBe(5 | (1 << 10));
    end(5 | (1 << 10));
    expect(acknowledge()).toBe(5 | (3 << 10));
    end(5 | (3 << 10));
    expect(acknowledge()).toBe(1023);
  });

  it('can be taken back', () => {
    write(REGION.GICD, GICD.SGIR, SELF | 7, 2);
    gic.write(GICD.CPENDSGIR + 7, 1, 1 << 2, 2, REGION.GICD);
    expect(lines[2]).toBe(0);
  });
});

describe('priorities', () => {
  beforeEach(() => {
    enableAll();
    enableSpi(50, 1, 0x80);
    enableSpi(51, 1, 0x40);
  });

  it('let a higher one interrupt a lower one, and the running priority follows', () => {
    gic.setSpi(18, true);
    expect(acknowledge()).toBe(50);
    expect(read(REGION.GICC, GICC.RPR)).toBe(0x80);
    gic.setSpi(19, true);
    expect(lines[0]).toBe(Line.IRQ);
    expect(acknowledge()).toBe(51);
    expect(read(REGION.GICC, GICC.RPR)).toBe(0x40);
    end(51);
    expect(read(REGION.GICC, GICC.RPR)).toBe(0x80);
    gic.setSpi(18, false);
    end(50);
    expect(read(REGION.GICC, GICC.RPR)).toBe(0xff);
  });

  it('of one group do not interrupt each other', () => {
    write(REGION.GICC, GICC.BPR, 7);
    gic.setSpi(18, true);
    acknowledge();
    gic.setSpi(19, true);
    expect(lines[0]).toBe(0);
    expect(read(REGION.GICC, GICC.HPPIR)).toBe(51);
  });

  it('are masked by GICC_PMR', () => {
    write(REGION.GICC, GICC.PMR, 0x80);
    gic.setSpi(18, true);
    expect(lines[0]).toBe(0);
    gic.setSpi(19, true);
    expect(acknowledge()).toBe(51);
  });

  it('have a smallest binary point of 3', () => {
    write(REGION.GICC, GICC.BPR, 0);
    expect(read(REGION.GICC, GICC.BPR)).toBe(3);
  });
});

describe('split priority drop and deactivation (EOImode)', () => {
  it('keeps the interrupt active until GICC_DIR', () => {
    enableAll(1 | EOI_MODE);
    enableSpi(53, 1);
    gic.setSpi(21, true);
    acknowledge();
    end(53);
    expect(read(REGION.GICC, GICC.RPR)).toBe(0xff);
    expect(lines[0]).toBe(0);
    write(REGION.GICC, DIR, 53);
    expect(lines[0]).toBe(Line.IRQ);
  });
});

/** List register of a virtual interrupt in Group 0, pending. */
function listRegister(intid: number, priority: number, more = 0): number {
  return ((1 << 28) | ((priority >>> 3) << 23) | intid | more) >>> 0;
}
const HW = (intid: number) => (0x8000_0000 | (intid << 10)) >>> 0;

describe('the virtual interface', () => {
  const guest = (offset: number) => read(REGION.GICV, offset, 1);
  const guestWrites = (offset: number, value: number) => write(REGION.GICV, offset, value, 1);
  const control = (offset: number) => read(REGION.GICH, offset, 1);
  const controlWrites = (offset: number, value: number) => write(REGION.GICH, offset, value, 1);

  beforeEach(() => {
    controlWrites(GICH.HCR, 1);
    guestWrites(GICC.PMR, 0xff);
    guestWrites(GICC.CTLR, 1);
  });

  it('resets as the GIC-400 does', () => {
    gic.reset();
    expect(control(GICH.VMCR)).toBe(0x004c_0000);
    expect(control(GICH.ELRSR0)).toBe(0xf);
    expect(guest(GICC.IAR)).toBe(1023);
  });

  it('shows the guest its mask and control through GICH_VMCR', () => {
    guestWrites(GICC.PMR, 0xa7);
    guestWrites(GICC.CTLR, 0x201);
    expect(control(GICH.VMCR)).toBe(0xa04c_0201);
    controlWrites(GICH.VMCR, 0x5040_0001);
    expect(guest(GICC.PMR)).toBe(0x50);
    expect(guest(GICC.ABPR)).toBe(3);
  });

  it('signals, acknowledges and ends a virtual interrupt', () => {
    controlWrites(GICH.LR, listRegister(34, 0xa0));
    expect(lines[1]).toBe(Line.vIRQ);
    expect(guest(GICC.HPPIR)).toBe(34);
    expect(guest(GICC.IAR)).toBe(34);
    expect(lines[1]).toBe(0);
    expect(control(GICH.LR) >>> 28).toBe(2);
    expect(control(GICH.APR)).toBe(1 << 20);
    expect(guest(GICC.RPR)).toBe(0xa0);
    guestWrites(GICC.EOIR, 34);
    expect(control(GICH.LR) >>> 28).toBe(0);
    expect(control(GICH.ELRSR0)).toBe(0xf);
    expect(control(GICH.APR)).toBe(0);
  });

  it('picks the highest priority among the list registers', () => {
    controlWrites(GICH.LR, listRegister(40, 0xa0));
    controlWrites(GICH.LR + 8, listRegister(41, 0x20));
    expect(guest(GICC.IAR)).toBe(41);
    expect(lines[1]).toBe(0);
    guestWrites(GICC.EOIR, 41);
    expect(lines[1]).toBe(Line.vIRQ);
  });

  it('ends the physical interrupt with the virtual one (HW)', () => {
    enableAll(1 | EOI_MODE);
    write(REGION.GICD, GICD.ISENABLER, 1 << 27, 1);
    gic.setPpi(1, 27, true);
    expect(acknowledge(1)).toBe(27);
    end(27, 1);
    controlWrites(GICH.LR, listRegister(27, 0xa0, HW(27)));
    expect(lines[1]).toBe(Line.vIRQ);
    expect(guest(GICC.IAR)).toBe(27);
    guestWrites(GICC.EOIR, 27);
    expect(read(REGION.GICD, GICD.ISACTIVER, 1)).toBe(0);
    expect(lines[1]).toBe(Line.IRQ);
  });

  it('waits for GICV_DIR when the guest split the end in two', () => {
    guestWrites(GICC.CTLR, 0x201);
    controlWrites(GICH.LR, listRegister(34, 0xa0));
    guest(GICC.IAR);
    guestWrites(GICC.EOIR, 34);
    expect(guest(GICC.RPR)).toBe(0xff);
    expect(control(GICH.LR) >>> 28).toBe(2);
    write(REGION.GICV, DIR, 34, 1);
    expect(control(GICH.LR) >>> 28).toBe(0);
  });

  it('keeps a pending and active interrupt pending after its end', () => {
    controlWrites(GICH.LR, listRegister(34, 0xa0));
    guest(GICC.IAR);
    controlWrites(GICH.LR, listRegister(34, 0xa0, 1 << 29));
    expect(lines[1]).toBe(0);
    guestWrites(GICC.EOIR, 34);
    expect(guest(GICC.IAR)).toBe(34);
  });

  it('names the sender of a virtual SGI', () => {
    controlWrites(GICH.LR, listRegister(3, 0xa0, 2 << 10));
    expect(guest(GICC.IAR)).toBe(3 | (2 << 10));
    guestWrites(GICC.EOIR, 3 | (2 << 10));
    expect(control(GICH.ELRSR0)).toBe(0xf);
  });

  it('signals Group 0 as FIQ when the guest asks for it, and hides Group 1 behind 1022', () => {
    guestWrites(GICC.CTLR, 1 | 8);
    controlWrites(GICH.LR, listRegister(34, 0xa0));
    expect(lines[1]).toBe(Line.vFIQ);
    guestWrites(GICC.CTLR, 2);
    controlWrites(GICH.LR, listRegister(34, 0xa0, 1 << 30));
    expect(lines[1]).toBe(Line.vIRQ);
    expect(guest(GICC.IAR)).toBe(1022);
    expect(guest(GICC.AIAR)).toBe(34);
  });

  it('is silent while GICH_HCR.En is 0', () => {
    controlWrites(GICH.LR, listRegister(34, 0xa0));
    controlWrites(GICH.HCR, 0);
    expect(lines[1]).toBe(0);
    expect(guest(GICC.IAR)).toBe(1023);
  });

  it('counts ends of interrupts that are in no list register', () => {
    controlWrites(GICH.APR, 1 << 20);
    guestWrites(GICC.EOIR, 77);
    expect(control(GICH.HCR) >>> 27).toBe(1);
    guestWrites(GICC.EOIR, 77);
    expect(control(GICH.HCR) >>> 27).toBe(1);
  });

  it('shows every CPU the interfaces of the others in page 1 of GICH', () => {
    controlWrites(GICH.LR, listRegister(34, 0xa0));
    expect(read(REGION.GICH, 0x1_0000 + 0x200 + GICH.LR, 3)).toBe(listRegister(34, 0xa0));
    expect(read(REGION.GICH, 0x1_0000 + GICH.LR, 3)).toBe(0);
  });

  describe('raises the maintenance interrupt', () => {
    const MAINTENANCE = 1 << 25;
    const pending = () => (read(REGION.GICD, GICD.ISPENDR, 1) & MAINTENANCE) !== 0;

    it('on underflow: fewer than two list registers in use', () => {
      enableAll();
      write(REGION.GICD, GICD.ISENABLER, MAINTENANCE, 1);
      controlWrites(GICH.LR, listRegister(34, 0xa0));
      controlWrites(GICH.LR + 4, listRegister(35, 0xa0));
      controlWrites(GICH.HCR, 1 | 2);
      expect(pending()).toBe(false);
      guest(GICC.IAR);
      guestWrites(GICC.EOIR, 34);
      expect(control(GICH.MISR)).toBe(2);
      expect(lines[1] & Line.IRQ).toBe(Line.IRQ);
      expect(acknowledge(1)).toBe(25);
      controlWrites(GICH.HCR, 1);
      end(25, 1);
      expect(lines[1] & Line.IRQ).toBe(0);
    });

    it('on the end of an interrupt that asked for it', () => {
      controlWrites(GICH.LR + 4, listRegister(35, 0xa0, 1 << 19));
      guest(GICC.IAR);
      expect(pending()).toBe(false);
      guestWrites(GICC.EOIR, 35);
      expect(pending()).toBe(true);
      expect(control(GICH.EISR0)).toBe(2);
      expect(control(GICH.ELRSR0)).toBe(0b1101);
      controlWrites(GICH.LR + 4, 0);
      expect(pending()).toBe(false);
    });

    it('when nothing is pending, when an end was not found, and on group enables', () => {
      controlWrites(GICH.HCR, 1 | 8);
      expect(control(GICH.MISR)).toBe(8);
      controlWrites(GICH.LR, listRegister(34, 0xa0));
      expect(control(GICH.MISR)).toBe(0);
      controlWrites(GICH.HCR, 1 | 4 | (1 << 27));
      expect(control(GICH.MISR)).toBe(4);
      controlWrites(GICH.HCR, 0xf1);
      expect(control(GICH.MISR)).toBe(0x10 | 0x80);
      controlWrites(GICH.HCR, 0xf0);
      expect(pending()).toBe(false);
    });
  });
});

describe('the trace', () => {
  const life = (): [number, number, number][] => events.splice(0);

  it("follows a guest's interrupt from the line through the list register to the end", () => {
    enableAll(0x201);
    enableSpi(53, 0b0010);
    gic.setSpi(21, true);
    expect(acknowledge(1)).toBe(53);
    write(REGION.GICC, GICC.EOIR, 53, 1);
    write(REGION.GICH, GICH.HCR, 1, 1);
    const hardware = (0x9000_0000 | (53 << 10) | 53) >>> 0;
    write(REGION.GICH, GICH.LR + 4, hardware, 1);
    write(REGION.GICV, GICC.PMR, 0xff, 1);
    write(REGION.GICV, GICC.CTLR, 1, 1);
    expect(read(REGION.GICV, GICC.IAR, 1)).toBe(53);
    gic.setSpi(21, false);
    write(REGION.GICV, GICC.EOIR, 53, 1);
    expect(life()).toEqual([
      [0, TraceKind.interruptLine, 0x1_0000 | 53],
      [1, TraceKind.interruptAcknowledge, 53],
      [1, TraceKind.interruptEnd, 53],
      [1, TraceKind.listRegisterWrite, hardware],
      [1, TraceKind.guestAcknowledge, 53],
      [0, TraceKind.interruptLine, 53],
      [1, TraceKind.guestEnd, 53],
      [1, TraceKind.interruptDeactivate, 0x1_0000 | 53],
    ]);
  });

  it('tells of software interrupts and of acknowledges that found nothing', () => {
    enableAll();
    write(REGION.GICD, GICD.SGIR, (0b0100 << 16) | 3, 1);
    expect(acknowledge(2)).toBe(3 | (1 << 10));
    expect(acknowledge(2)).toBe(1023);
    expect(life()).toEqual([
      [1, TraceKind.softwareInterrupt, (0b0100 << 16) | 3],
      [2, TraceKind.interruptAcknowledge, 3 | (1 << 10)],
      [2, TraceKind.interruptAcknowledge, 1023],
    ]);
  });
});

describe('saving', () => {
  it('gives back the same machine, signals included', () => {
    enableAll();
    enableSpi(53, 0b0100);
    gic.setSpi(21, true);
    write(REGION.GICD, GICD.SGIR, (1 << 16) | 5, 3);
    write(REGION.GICH, GICH.HCR, 1, 3);
    write(REGION.GICH, GICH.LR + 12, listRegister(99, 0x50), 3);
    write(REGION.GICV, GICC.PMR, 0xff, 3);
    write(REGION.GICV, GICC.CTLR, 1, 3);
    const saved = JSON.parse(JSON.stringify(gic.save()));
    const before = lines;
    expect(before).toEqual([Line.IRQ, 0, Line.IRQ, Line.vIRQ]);
    lines = [0, 0, 0, 0];
    gic = new Gic400(host);
    gic.restore(saved);
    expect(lines).toEqual(before);
    expect(gic.save()).toEqual(saved);
    expect(acknowledge(0)).toBe(5 | (3 << 10));
  });

  it('refuses what it did not write', () => {
    expect(() => gic.restore({ distributor: null, interfaces: [], virtual: [] })).toThrow(StateError);
    expect(() => gic.restore([])).toThrow(StateError);
  });
});
