/** `--commands FILE`: lines of the debugger's command console, carried out one after another. */
import { attachDebugger } from '../awareness/attach.ts';
import type { ConsoleId } from '../awareness/consoles.ts';
import { type Command, CommandError } from '../debugger/commands/command.ts';
import { CommandConsole } from '../debugger/commands/console.ts';
import { DebugPort, type RunMachine } from '../emulator/debug-port.ts';
import type { Machine } from '../emulator/machine.ts';
import type { Pack } from '../pack/load.ts';
import { openModules, readSource } from '../workers/symbol-modules.ts';
import { unescape } from './arguments.ts';
import { StepError } from './runner.ts';

/** What command files need of the run that they are part of. */
export interface CommandHost {
  readonly machine: Machine;
  readonly run: RunMachine;
  type(console: ConsoleId, text: string): void;
  /** Gets what the commands print. */
  print(text: string): void;
}

/** Carries out command files on one machine. The debugger is attached when the first one needs it. */
export class CommandFiles {
  #console: Promise<CommandConsole> | undefined;

  constructor(
    private readonly host: CommandHost,
    private readonly pack: Pack,
    /** Instructions that one command may run. */
    private readonly limit: number,
  ) {}

  /** Carries out the lines of a file; throws `StepError` with the line's number. Its breakpoints end with it. */
  async execute(name: string, text: string): Promise<void> {
    this.#console ??= this.#attach();
    const console = await this.#console;
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      if (line.trim() === '' || line.trim().startsWith('#')) continue;
      this.host.print(`> ${line.trim()}`);
      try {
        const output = await console.execute(line);
        if (output !== '') this.host.print(output);
      } catch (error) {
        if (error instanceof CommandError) throw new StepError(`${name}:${index + 1}: ${error.message}`);
        throw error;
      }
    }
    console.state.session.breakpoints.clear();
  }

  async #attach(): Promise<CommandConsole> {
    const { pack, host } = this;
    const port = new DebugPort(host.machine, host.run);
    const modules = await openModules(pack, (message) => host.print(message));
    const names = new Map(pack.manifest.domains.map(({ domid, name }) => [domid, name]));
    const session = await attachDebugger(port, modules, {
      domainName: (domid) => names.get(domid) ?? `d${domid}`,
      source: async (_module, path) => {
        const source = await readSource(pack, path);
        return source.kind === 'found' ? source.text : undefined;
      },
    });
    const console = new CommandConsole(session, [typeCommand(host)]);
    console.state.runLimit = Math.min(console.state.runLimit, this.limit);
    return console;
  }
}

/** `type d1 cat file\n`. */
function typeCommand(host: CommandHost): Command {
  return {
    names: ['type'],
    usage: 'CONSOLE TEXT',
    help: 'send TEXT and a line feed to a console (xen, d0, d1, ...) while the machine runs next',
    run: (_state, argument) => {
      const [, name, text] = /^(xen|d\d+)\s+(.*)$/.exec(argument) ?? [];
      if (name === undefined) return Promise.reject(new CommandError('type to which console? type d1 ls'));
      host.type(name as ConsoleId, `${unescape(text)}\n`);
      return Promise.resolve('');
    },
  };
}
