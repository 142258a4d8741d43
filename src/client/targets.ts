/** Where targets are now. */
import type { AddressSpace } from '../protocol/address.ts';
import type { CpuStatus } from '../protocol/status.ts';
import type { Target } from '../protocol/target.ts';

/** The pCPU that executes a target now. */
export function cpuOfTarget(cpus: readonly CpuStatus[], target: Target): CpuStatus | undefined {
  if (target.kind === 'cpu') return cpus[target.cpu];
  if (target.kind === 'vcpu') return cpus.find((cpu) => cpu.domain === target.domain && cpu.vcpu === target.vcpu);
  return cpus.find((cpu) => cpu.domain === target.domain && cpu.task?.pid === target.pid);
}

/** The space in which a pCPU's pc is an address. */
export function codeSpace({ cpu, el, domain }: CpuStatus): AddressSpace {
  if (el === 2) return { kind: 'xen' };
  return domain !== null && el < 2 ? { kind: 'guest', domain, el: el === 0 ? 0 : 1 } : { kind: 'cpu', cpu };
}

/** The space a target's code addresses are in when nothing more is known. */
export function targetSpace(cpus: readonly CpuStatus[], target: Target): AddressSpace {
  const cpu = cpuOfTarget(cpus, target);
  if (cpu) return codeSpace(cpu);
  return target.kind === 'cpu' ? { kind: 'cpu', cpu: target.cpu } : { kind: 'guest', domain: target.domain, el: 1 };
}
