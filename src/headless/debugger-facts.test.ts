/** What the debugger says of a busy system with three domains, against what Xen's own debug keys print of it. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { DomainInfo, VcpuInfo } from '../debugger/contexts/guests.ts';
import { MemoryReader } from '../debugger/contexts/reader.ts';
import { type BusySystem, hasDefaultPack, openBusySystem } from '../testing/busy-system.ts';

/** Instructions within which Xen has answered a key. */
const LIMIT = 400_000_000;
/** No format of Xen's is longer. */
const FORMAT_LIMIT = 256;

/** The debugger's facts at the moment when Xen calls printk. */
interface Moment {
  readonly format: string;
  readonly domains: readonly DomainInfo[];
  /** Whom each pCPU works for, as `%pv` prints it. */
  readonly current: readonly string[];
}

describe.skipIf(!hasDefaultPack)("Xen's debug keys in a busy system", () => {
  let busy: BusySystem;
  /** What Xen printed, and the moments at which it called printk for it. */
  let answer: (key: string, end: RegExp) => Promise<{ text: string; moments: readonly Moment[] }>;

  beforeAll(async () => {
    busy = await openBusySystem();
    const { session, port, runner } = busy;
    const { breakpoints, system } = session;
    const hypervisor = system.hypervisor!;
    const reader = new MemoryReader(port, () => system.portSpace({ kind: 'xen' }));
    const printk = system.moduleIn({ kind: 'xen' })!.file.symbols.named('printk')[0].value;

    const currentOf = (cpu: number): string => {
      const { domid, vcpu } = hypervisor.currentVcpu(cpu)!;
      return `d${hypervisor.isIdle(domid) ? '[IDLE]' : domid}v${vcpu}`;
    };
    const moment = (cpu: number): Moment => ({
      format: reader.string(port.readRegister(cpu, 'X0')!, FORMAT_LIMIT),
      domains: hypervisor.domains(),
      current: Array.from({ length: port.cpuCount }, (_, i) => currentOf(i)),
    });
    answer = async (key, end) => {
      const before = busy.printed('xen').length;
      const text = (): string => busy.printed('xen').slice(before);
      const moments: Moment[] = [];
      const place = { kind: 'address', location: { space: { kind: 'xen' }, address: printk } } as const;
      const { id } = await breakpoints.add({ place, scope: { kind: 'any' }, enabled: true });
      runner.step({ kind: 'type', console: 'xen', text: key });
      for (const limit = port.instructions + LIMIT; !end.test(text()) && port.instructions < limit;) {
        const stop = await session.run(2_000_000);
        if (stop.reason === 'breakpoint') moments.push(moment(stop.cpu));
      }
      breakpoints.remove(id);
      return { text: text(), moments };
    };
  }, 300_000);

  it('q prints the domains and vCPUs that the debugger lists at the same stops', async () => {
    const { text, moments } = await answer('q', /Notifying guest 2:0.*\n/);
    const printed = text.split('General information for domain ').slice(1);
    expect(printed.map(domainFacts)).toEqual(
      moments.filter(({ format }) => format.includes('nr_pages=%u')).map(({ domains }, i) => factsOf(domains[i])),
    );
    expect(printed.length).toBe(3);
    const vcpus = [...text.matchAll(/hard=\{(\S+)\} soft=\{(\S+)\}\s+\(XEN\)\s+VCPU(\d+): CPU(\d+) \[has=([TF])\]/g)];
    expect(vcpus.map(([, hard, soft, vcpu, cpu, has]) => [hard, soft, +vcpu, +cpu, has === 'T'])).toEqual(
      moments
        .filter(({ format }) => format.includes('[has=%c]'))
        .map(({ domains }, i) => vcpuFacts(domains.flatMap((domain) => domain.vcpus)[i], busy.port.cpuCount)),
    );
    expect(vcpus.length).toBe(5);
  }, 300_000);

  it('r prints the vCPU that each pCPU works for at the same stops', async () => {
    const { text, moments } = await answer('r', /CPU\[03\] current=.*\n/);
    const printed = [...text.matchAll(/CPU\[(\d+)\] current=(\S+),/g)].map(([, cpu, who]) => [+cpu, who]);
    const facts = moments.filter(({ format }) => format.includes('current=%pv, curr=')).map(({ current }) => current);
    expect(printed).toEqual(facts.map((current, cpu) => [cpu, current[cpu]]));
    expect(printed.length).toBe(busy.port.cpuCount);
    expect(new Set(printed.map(([, who]) => who)).size).toBeGreaterThan(2);
  }, 300_000);

  it('knows the tasks of each domain', () => {
    for (const [domid, kernel] of busy.session.system.kernels) {
      expect(kernel.slide(), `slide of d${domid}`).toBe(0n);
      const tasks = kernel.tasks();
      expect(tasks.find(({ pid }) => pid === 1)?.comm).toBe('init');
      expect(tasks.filter(({ comm }) => comm === 'sh').length).toBeGreaterThanOrEqual(2);
    }
  });
});

/** Of a block of q's output. */
function domainFacts(block: string): object {
  const number = (pattern: RegExp): number => Number(pattern.exec(block)?.[1]);
  return { domid: Number.parseInt(block, 10), pages: number(/nr_pages=(\d+)/), vmid: number(/\(vmid (\d+)\)/) };
}

const factsOf = ({ domid, pages, vmid }: DomainInfo): object => ({ domid, pages, vmid });

function vcpuFacts(info: VcpuInfo, cpus: number): unknown[] {
  const affinity = (text: string): string => (text === 'all' ? `0-${cpus - 1}` : text);
  const { hardAffinity, softAffinity, vcpu, processor, isRunning } = info;
  return [affinity(hardAffinity), affinity(softAffinity), vcpu, processor, isRunning];
}
