/** `monitor`: what GDB has no commands for, said in the console's words. */
import { CommandError } from '../commands/command.ts';
import { CommandConsole } from '../commands/console.ts';
import { GUEST_COMMANDS } from '../commands/guest-commands.ts';
import type { Debugger, Focus } from '../debugger.ts';
import { XEN_PID, type ThreadId } from './threads.ts';

/** Answers a command about the machine as `thread` sees it. */
export type Monitor = (command: string, thread: ThreadId) => Promise<string>;

/** GDB chooses threads by itself. */
const COMMANDS = GUEST_COMMANDS.filter(({ names }) => !names.includes('target'));

/** The console's commands that neither run the machine nor set anything. */
export function monitorOf(session: Debugger): Monitor {
  const commands = new CommandConsole(session, [], COMMANDS);
  return async (command, thread) => {
    commands.state.look(focusOf(session, thread));
    try {
      return await commands.execute(inSpaceOf(thread, command.trim() === '' ? 'help' : command));
    } catch (error) {
      if (error instanceof CommandError) return error.message;
      throw error;
    }
  };
}

/** An address without a space is the kernel's of the process: a domain that waits is inside Xen, and so is what the console would mean. */
function inSpaceOf({ pid }: ThreadId, command: string): string {
  return pid === XEN_PID ? command : command.replace(/^\s*walk\s+(?=0x[0-9a-f]+\s*$)/i, `walk d${pid - 1}:EL1:`);
}

function focusOf({ system }: Debugger, { pid, tid }: ThreadId): Focus {
  const vcpu = pid === XEN_PID ? undefined : system.hypervisor?.vcpu(pid - 1, tid - 1);
  return vcpu ? { kind: 'vcpu', address: vcpu.address } : { kind: 'cpu', cpu: Math.max(tid - 1, 0) };
}
