/** Says where and why the machine stopped. */
import type { ExceptionEvent, PortStop, WatchHit } from '../../emulator/debug-port.ts';
import type { Breakpoint } from '../breakpoints/spec.ts';
import { type AddressSpace, formatLocation } from '../contexts/spaces.ts';
import type { DebugStop } from '../stepping/run-control.ts';
import { syndromeLabel } from '../stack/exception-label.ts';
import type { ConsoleState } from './console-state.ts';
import { frameText, hex, sourceLines, sourcePlace, symbolText } from './text.ts';

/** `d1v0 (pid 87 cat) on pCPU 2`. */
export function contextText(state: ConsoleState, cpu: number): string {
  const { system } = state.session;
  const { domain, vcpu, task } = system.context(cpu);
  const info = system.task(domain, task);
  const who = info ? ` (pid ${info.pid} ${info.comm})` : '';
  return domain === undefined ? `pCPU ${cpu}` : `d${domain}v${vcpu}${who} on pCPU ${cpu}`;
}

/** Makes the stop the console's focus and describes it. */
export async function reportStop(state: ConsoleState, stop: DebugStop): Promise<string> {
  state.look({ kind: 'cpu', cpu: stop.cpu });
  const lines = [...headings(state, stop), ...(stop.message === undefined ? [] : [stop.message])];
  lines.push(await hereText(state, stop.reason !== 'step'));
  return lines.join('\n');
}

/** The selected frame and its source line. */
export async function hereText(state: ConsoleState, withContext: boolean): Promise<string> {
  const row = await state.selected();
  const place = sourcePlace(state, row);
  state.listed = place;
  const source = place && (await sourceLines(state, place, place.line, place.line));
  // In the middle of a line, and where there is no source, the address matters.
  const isStart = place !== undefined && (await isLineStart(state, row.space, row.pc, row.task));
  const frame = await frameText(state, row, !isStart || source === undefined);
  const cpu = state.session.cpuOf(state.focus);
  const context = withContext && cpu !== undefined ? `${contextText(state, cpu)}, ` : '';
  return [`${context}${frame}`, ...(source === undefined ? [] : [source])].join('\n');
}

async function isLineStart(
  state: ConsoleState,
  space: Parameters<typeof symbolText>[1],
  pc: bigint,
  task?: bigint,
): Promise<boolean> {
  const { system } = state.session;
  const module = system.moduleIn(space, task);
  return (
    module !== undefined && module.file.isStatementStart(BigInt.asUintN(64, pc - (system.slide(module, space) ?? 0n)))
  );
}

function headings(state: ConsoleState, stop: DebugStop): string[] {
  const lines = stop.breakpoints.map((breakpoint) => hitText(state, breakpoint, stop.portStop));
  if (stop.reason === 'limit')
    lines.push(
      `Stopped: the instructions allowed were retired (${stop.portStop.instructions.toLocaleString('en')} in all)`,
    );
  if (stop.reason === 'idle') lines.push('Stopped: every CPU sleeps and nothing will wake any');
  if (stop.reason === 'off' || stop.reason === 'reset')
    lines.push(`Stopped: the machine was asked to ${stop.reason === 'off' ? 'switch off' : 'reset'}`);
  if (stop.reason === 'pause' && stop.message === undefined) lines.push('Paused');
  return lines;
}

function hitText(state: ConsoleState, breakpoint: Breakpoint, { watchHits, event }: PortStop): string {
  const name = breakpoint.temporary ? 'Temporary breakpoint' : 'Breakpoint';
  if (breakpoint.place.kind === 'data')
    return [`Data breakpoint ${breakpoint.id}`, ...watchHits.map((hit) => watchText(state, hit))].join('\n');
  if (breakpoint.place.kind === 'exception' && event) {
    const { hypercalls } = state.session.system.hypervisor ?? {};
    const called = breakpoint.place.hypercall === undefined ? undefined : hypercalls?.get(breakpoint.place.hypercall);
    const name = called === undefined ? '' : ` ${called}`;
    const what = event.kind === 'synchronous' ? syndromeLabel(event.esr) + name : breakpoint.place.exception;
    return `Catchpoint ${breakpoint.id}, ${what}: EL${event.from} \u2192 EL${event.target}, from ${formatLocation({ space: spaceBefore(state, event), address: event.pc })}`;
  }
  return `${name} ${breakpoint.id}`;
}

/** Space of what an exception interrupted. */
function spaceBefore(state: ConsoleState, { cpu, from }: ExceptionEvent): AddressSpace {
  const { domain } = state.session.system.context(cpu);
  if (from === 2) return { kind: 'xen' };
  return domain === undefined ? { kind: 'cpu', cpu } : { kind: 'guest', domain, el: from === 0 ? 0 : 1 };
}

function watchText(state: ConsoleState, hit: WatchHit): string {
  const { space } = state.session.system.context(state.cpu);
  const where = symbolText(state, space, hit.pc);
  const by = `by ${formatLocation({ space, address: hit.pc })}${where === undefined ? '' : ` <${where}>`}`;
  if (!hit.isWrite) return `read ${by}: value ${hex(hit.before)}`;
  return hit.before === hit.after
    ? `written ${by}: value ${hex(hit.after)}`
    : `written ${by}: ${hex(hit.before)} \u2192 ${hex(hit.after)}`;
}
