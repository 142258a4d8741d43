/** A debugging session: one machine, one pack, and everything the protocol asks of them. No DOM, no port: the worker and Node use it alike. */
import { hashMachine } from '../../emulator/machine-state.ts';
import type { MachineFunctions, SessionEvents, SessionFunctions } from '../../protocol/session.ts';
import type { Unmodelled } from '../../protocol/status.ts';
import { ConsoleLines } from './console-lines.ts';
import { SessionCore } from './core.ts';
import type { SessionHost } from './host.ts';
import { Lifecycle } from './lifecycle.ts';
import { nameFunctions } from './names.ts';
import { SessionOutput } from './output.ts';
import { readFunctions } from './reads.ts';
import { timelineFunctions } from './recorded-past.ts';
import { RunLoop } from './run-loop.ts';
import { Stops } from './stops.ts';

function unmodelledAccesses(core: SessionCore): readonly Unmodelled[] {
  return core.machine.unmodelled.accesses.map(({ what, address, width, pc, vmid, count }): Unmodelled => {
    const where = address === undefined ? '' : ` ${width} at PA:0x${address.toString(16)}`;
    return { what: `${what}${where}`, count, pc, cpu: 0, domain: core.domainOf(vmid) ?? null };
  });
}

function machineFunctions(core: SessionCore, stops: Stops): MachineFunctions {
  const output = new SessionOutput(core);
  const running = new RunLoop(core, stops, output);
  const lines = new ConsoleLines(core, stops, running);
  const lifecycle = new Lifecycle(core, stops, output, running, lines);
  return {
    loadPack: (source) => lifecycle.loadPack(source),
    restart: () => lifecycle.restart(),
    coldBoot: () => lifecycle.coldBoot(),
    resume: () => running.resume(),
    pause: () => running.pause(),
    step: (request) => running.step(request),
    runTo: (place, scope) => running.runTo(place, scope),
    consoleInput: async (terminal, text) => core.typing.add(terminal, text),
    setBreakpoints: async (specs) => {
      await core.afterOthers(() => core.mirror.set(core.debug.breakpoints, specs));
      return core.breakpointStates();
    },
    execute: (line, target) => lines.execute(line, target),
    completions: async (line) => lines.completions(line),
    unmodelled: async () => unmodelledAccesses(core),
    stateHash: async () => hashMachine(core.machine),
  };
}

/** A session that tells `events` what happens; the answer of each function is described in the protocol. */
export function createSession(events: SessionEvents, host: SessionHost): SessionFunctions {
  const core = new SessionCore(events, host);
  const stops = new Stops(core);
  return {
    ...machineFunctions(core, stops),
    ...readFunctions(core, stops),
    ...nameFunctions(core),
    ...timelineFunctions(core),
  };
}
