/** xen, linux, walk, target: what the hypervisor and the kernels say of themselves. */
import type { Translated } from '../../emulator/debug-port.ts';
import type { VcpuInfo } from '../contexts/guests.ts';
import { parseLocation, parseScope, splitSpace } from '../contexts/spaces.ts';
import { type Command, CommandError } from './command.ts';
import type { ConsoleState } from './console-state.ts';
import { readNumber, spaceOf } from './places.ts';
import { hereText } from './stops.ts';
import { hex, table } from './text.ts';

const PAGES_PER_MIB = 256;
/** By the encoding of SH (Arm ARM D5.5.2). */
const SHAREABILITY = ['non-shareable', 'reserved', 'outer shareable', 'inner shareable'];
const seconds = (time: number): string => time.toFixed(1);

function hypervisor(state: ConsoleState) {
  const found = state.session.system.hypervisor;
  if (!found) throw new CommandError('this needs symbols for Xen');
  return found;
}

function domains(state: ConsoleState): string {
  const rows = hypervisor(state)
    .domains()
    .map((it) => [
      it.name,
      `${it.domid}`,
      `${Math.round(it.pages / PAGES_PER_MIB)}`,
      `${it.vcpus.length}`,
      it.state,
      seconds(it.time),
      `${it.vmid}`,
      hex(it.vttbr),
      `xen:${hex(it.address)}`,
    ]);
  const head = ['Name', 'ID', 'Mem', 'VCPUs', 'State', 'Time(s)', 'VMID', 'VTTBR', 'struct domain'];
  return table([head, ...rows], [1, 2, 3, 5, 6]);
}

function vcpus(state: ConsoleState): string {
  const rows = hypervisor(state)
    .domains()
    .flatMap(({ name, vcpus: all }) => all.map((it) => vcpuRow(name, it)));
  const head = ['Name', 'ID', 'VCPU', 'CPU', 'State', 'Time(s)', 'Affinity (Hard / Soft)', 'Runstate', 'struct vcpu'];
  return table([head, ...rows], [1, 2, 3, 5]);
}

function vcpuRow(name: string, it: VcpuInfo): string[] {
  const letters = it.isDown ? '--p' : it.isRunning ? 'r--' : it.runstate === 'blocked' ? '-b-' : '---';
  const affinity = `${it.hardAffinity} / ${it.softAffinity}`;
  const cpu = it.isDown ? '-' : `${it.processor}`;
  return [
    name,
    `${it.domid}`,
    `${it.vcpu}`,
    cpu,
    letters,
    seconds(it.time),
    affinity,
    it.runstate,
    `xen:${hex(it.address)}`,
  ];
}

async function xen(state: ConsoleState, argument: string): Promise<string> {
  if (argument === 'domains') return domains(state);
  if (argument === 'vcpus') return vcpus(state);
  throw new CommandError('xen domains, or xen vcpus?');
}

/** Domain of an argument `dN`, else of the focus. */
function domainOf(state: ConsoleState, text: string): number {
  const scope = text === '' ? undefined : parseScope(text);
  if (scope?.kind === 'domain') return scope.domain;
  if (text !== '') throw new CommandError(`"${text}" is no domain`);
  const cpu = state.session.cpuOf(state.focus);
  const domain = cpu === undefined ? focusDomain(state) : state.session.system.context(cpu).domain;
  if (domain === undefined) throw new CommandError('which domain? linux tasks d1');
  return domain;
}

function focusDomain(state: ConsoleState): number | undefined {
  return state.focus.kind === 'vcpu' ? hypervisor(state).vcpuOfAddress(state.focus.address)?.domid : undefined;
}

async function linux(state: ConsoleState, argument: string): Promise<string> {
  const [what, which = ''] = argument.split(/\s+/);
  if (what !== 'tasks') throw new CommandError('linux tasks [dN]?');
  const domain = domainOf(state, which);
  const kernel = state.session.system.kernels.get(domain);
  if (!kernel) throw new CommandError(`there are no symbols for the kernel of d${domain}`);
  const running = new Map<bigint, string>();
  for (const vcpu of hypervisor(state).domain(domain)?.vcpus ?? []) {
    const task = kernel.currentTask(vcpu.address);
    if (task !== undefined) running.set(task, vcpu.label);
  }
  const rows = kernel
    .tasks()
    .map((it) => [
      `${it.pid}`,
      `${it.tgid}`,
      it.state,
      it.comm,
      running.get(it.address) ?? '',
      `d${domain}:EL1:${hex(it.address)}`,
    ]);
  return table([['PID', 'TGID', 'State', 'Command', 'Current on', 'struct task_struct'], ...rows], [0, 1]);
}

async function target(state: ConsoleState, argument: string): Promise<string> {
  if (argument !== '') {
    const scope = parseScope(argument);
    if (scope?.kind === 'cpu' && scope.cpu < state.session.system.port.cpuCount)
      state.look({ kind: 'cpu', cpu: scope.cpu });
    else if (scope?.kind === 'vcpu') {
      const vcpu = hypervisor(state).vcpu(scope.domain, scope.vcpu);
      if (!vcpu) throw new CommandError(`there is no ${argument}`);
      state.look({ kind: 'vcpu', address: vcpu.address });
    } else throw new CommandError(`"${argument}" is neither a vCPU (d1v0) nor a pCPU (p2)`);
  }
  return hereText(state, true);
}

async function walk(state: ConsoleState, argument: string): Promise<string> {
  const location = parseLocation(argument, undefined);
  const space = location?.space ?? splitSpace(argument).space ?? (await spaceOf(state));
  const address = location?.address ?? (await readNumber(state, splitSpace(argument).rest));
  const { system } = state.session;
  const row = await state.selected();
  const port = system.portSpace(space, row.task);
  if (port.kind !== 'va') {
    const pa = system.port.physical(port, address);
    return pa === undefined ? 'not mapped to RAM' : `PA 0x${pa.toString(16)}`;
  }
  const { steps, summary, result, guest } = system.port.explain(port.view, address);
  const rows = steps.map((it) => [
    `stage ${it.stage}`,
    `level ${it.level}`,
    `PA:${hex(it.pa)}`,
    it.ipa === undefined ? '' : `(IPA ${hex(it.ipa)})`,
    hex(it.value),
  ]);
  const outcome = result.ok ? `${summary}, ${attributesText(result.value)}` : summary;
  const regime = guest ? `EL1&0, VMID ${guest.vmid}, ASID ${hex(BigInt(guest.asid))}` : 'EL2';
  return [regime, ...(rows.length > 0 ? [table(rows)] : []), outcome].join('\n');
}

function attributesText({ readable, writable, executable, device, shareability, attributes }: Translated): string {
  const may = [readable && 'read', writable && 'write', executable && 'execute'].filter((it) => it !== false);
  const type = `${device ? 'Device' : 'Normal'} memory (MAIR 0x${attributes.toString(16)})`;
  return `${may.join(', ') || 'no access'}; ${type}, ${SHAREABILITY[shareability]}`;
}

export const GUEST_COMMANDS: readonly Command[] = [
  { names: ['xen'], usage: 'domains|vcpus', help: 'what Xen knows, in the columns of xl', run: xen },
  { names: ['linux'], usage: 'tasks [dN]', help: 'tasks of a domain', run: linux },
  { names: ['target', 'thread', 'inferior'], usage: '[d1v0 | p2]', help: 'look at a vCPU or a pCPU', run: target },
  { names: ['walk'], usage: '[SPACE:]ADDRESS', help: 'every descriptor of a translation, both stages', run: walk },
];
