/** Turns a space and a scope into the filter that the debug port asks. */
import type { ContextFilter } from '../../emulator/debug-port.ts';
import type { SymbolModule } from '../contexts/modules.ts';
import type { AddressSpace, Scope } from '../contexts/spaces.ts';
import type { System } from '../contexts/system.ts';

type Test = (cpu: number) => boolean;

/** Contexts in which an address of `space` means the same. */
export function spaceFilter(system: System, space: AddressSpace): ContextFilter {
  switch (space.kind) {
    case 'xen':
      return { el: 2 };
    case 'guest':
      return { el: space.el, ...domainFilter(system, space.domain) };
    case 'ipa':
      return { el: [0, 1], ...domainFilter(system, space.domain) };
    case 'pa':
      return {};
    case 'cpu':
      return { cpu: space.cpu };
  }
}

/** By VMID where Xen has given one already, else by asking Xen each time. */
function domainFilter(system: System, domain: number): ContextFilter {
  const vmid = system.vmidOf(domain);
  if (vmid !== undefined) return { vmid };
  return { accept: (cpu) => system.hypervisor?.domidOfVmid(system.port.status(cpu).vmid) === domain };
}

/** `base` narrowed down to `scope`, and to tasks that execute `program` when that is given. */
export function scopedFilter(
  system: System,
  base: ContextFilter,
  scope: Scope,
  program: SymbolModule | undefined,
): ContextFilter {
  const tests: Test[] = base.accept ? [base.accept] : [];
  const test = scopeTest(system, scope);
  if (test) tests.push(test);
  if (program) tests.push((cpu) => system.runsProgram(cpu, program));
  return {
    ...base,
    ...(scope.kind === 'cpu' ? { cpu: scope.cpu } : {}),
    ...(scope.kind === 'vmid' ? { vmid: scope.vmid } : {}),
    ...(tests.length === 0 ? {} : { accept: (cpu: number) => tests.every((it) => it(cpu)) }),
  };
}

function scopeTest(system: System, scope: Scope): Test | undefined {
  switch (scope.kind) {
    case 'any':
    case 'cpu':
    case 'vmid':
      return undefined;
    case 'xen':
      return (cpu) => system.port.status(cpu).el === 2;
    case 'domain':
      return (cpu) => system.context(cpu).domain === scope.domain;
    case 'vcpu':
      return (cpu) => {
        const { domain, vcpu } = system.context(cpu);
        return domain === scope.domain && vcpu === scope.vcpu;
      };
    case 'task':
      return (cpu) => {
        const { domain, task } = system.context(cpu);
        return domain === scope.domain && system.task(domain, task)?.pid === scope.pid;
      };
  }
}
