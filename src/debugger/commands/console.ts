/** The command console: lines of GDB's language in, text out. */
import { SpaceError } from '../contexts/system.ts';
import { MemoryError } from '../contexts/reader.ts';
import type { Debugger } from '../debugger.ts';
import { ExpressionError } from '../expressions/expression-error.ts';
import { NoSymbolsError } from '../stack/inspection.ts';
import { BREAKPOINT_COMMANDS } from './breakpoint-commands.ts';
import { type Command, CommandError } from './command.ts';
import { ConsoleState } from './console-state.ts';
import { DATA_COMMANDS } from './data-commands.ts';
import { GUEST_COMMANDS } from './guest-commands.ts';
import { RUN_COMMANDS } from './run-commands.ts';
import { STACK_COMMANDS } from './stack-commands.ts';
import { table } from './text.ts';

const COMMANDS: readonly Command[] = [
  ...RUN_COMMANDS,
  ...BREAKPOINT_COMMANDS,
  ...STACK_COMMANDS,
  ...DATA_COMMANDS,
  ...GUEST_COMMANDS,
];

export class CommandConsole {
  readonly state: ConsoleState;
  readonly #logs: string[] = [];
  readonly #commands: readonly Command[];
  #last = '';

  /**
   * Takes the debugger's logpoint output: it is printed with the command that ran the machine. `more` are commands of the host; `own` are the
   * console's, when not all of them.
   */
  constructor(session: Debugger, more: readonly Command[] = [], own = COMMANDS) {
    this.#commands = [...own, ...more, this.#help()];
    this.state = new ConsoleState(session);
    session.onLog = (text) => this.#logs.push(text);
  }

  /**
   * Carries out one line and answers with its output, perhaps empty. Rejects with `CommandError` when it cannot be done. An empty line repeats the last
   * one; `#` begins a comment.
   */
  async execute(line: string): Promise<string> {
    const text = line.trim();
    if (text.startsWith('#')) return '';
    const whole = text === '' ? this.#last : text;
    if (whole === '') return '';
    this.#last = whole;
    const [, name, argument] = /^([a-zA-Z]+)\s*(.*)$/s.exec(whole) ?? [];
    if (name === undefined) throw new CommandError(`"${whole}" is not a command: try help`);
    try {
      const output = await this.#find(name).run(this.state, argument.trim());
      return [...this.#logs.splice(0), ...(output === '' ? [] : [output])].join('\n');
    } catch (error) {
      throw asCommandError(error);
    }
  }

  /** Commands that begin with what is typed. */
  completions(line: string): readonly string[] {
    const names = this.#commands.map(({ names: [name] }) => name);
    return names.filter((name) => name.startsWith(line.trim()));
  }

  #find(name: string): Command {
    const exact = this.#commands.find(({ names }) => names.includes(name));
    if (exact) return exact;
    const matches = this.#commands.filter(({ names }) => names[0].startsWith(name));
    if (matches.length === 1) return matches[0];
    const candidates = matches.map(({ names }) => names[0]).join(', ');
    if (candidates !== '') throw new CommandError(`"${name}" could be ${candidates}`);
    throw new CommandError(`there is no command "${name}": try help`);
  }

  #help(): Command {
    return {
      names: ['help', 'h'],
      usage: '[COMMAND]',
      help: 'what there is',
      run: (_state, argument) => Promise.resolve(this.#helpText(argument)),
    };
  }

  #helpText(argument: string): string {
    if (argument === '') return table(this.#commands.map(({ names, usage, help }) => [names.join(', '), usage, help]));
    const command = this.#find(argument);
    return `${command.names.join(', ')} ${command.usage}\n${command.help}`;
  }
}

/** What a person can do something about is told, anything else is a defect. */
function asCommandError(error: unknown): unknown {
  const isTold = [ExpressionError, SpaceError, MemoryError, NoSymbolsError].some((kind) => error instanceof kind);
  return isTold && error instanceof Error ? new CommandError(error.message) : error;
}
