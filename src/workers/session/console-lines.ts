/** The command console's lines, carried out between the page's own run control. */
import { CommandConsole } from '../../debugger/commands/console.ts';
import type { Debugger } from '../../debugger/debugger.ts';
import { type Target, targetKey } from '../../protocol/target.ts';
import type { SessionCore } from './core.ts';
import { type RunLoop, STEP_LIMIT } from './run-loop.ts';
import type { Stops } from './stops.ts';

export class ConsoleLines {
  #console: CommandConsole;
  /** Moment and target that the console was last told of. */
  #focusKey = '';

  constructor(
    private readonly core: SessionCore,
    private readonly stops: Stops,
    private readonly running: RunLoop,
  ) {
    this.#console = this.attach(core.debug);
  }

  /** A console of a debugger's own. */
  attach(debug: Debugger): CommandConsole {
    this.#console = new CommandConsole(debug);
    this.#console.state.runLimit = STEP_LIMIT;
    this.running.serve(debug);
    return this.#console;
  }

  /** A line of the console. What runs the machine for long belongs to the session's own loop, so that it can be paused. */
  async execute(line: string, target: Target): Promise<string> {
    this.core.requirePack();
    const text = line.trim();
    if (/^(interrupt|pause)$/.test(text)) return (await this.running.pause()).description;
    if (this.core.isRunning) throw new Error('The machine is running: pause it first (interrupt).');
    if (/^(c|continue)$/.test(text)) {
      await this.running.resume();
      return 'Continuing.';
    }
    this.#focus(target);
    return this.#executeStopped(text);
  }

  async #executeStopped(text: string): Promise<string> {
    const { machine, mirror, debug, events } = this.core;
    const before = machine.instructions;
    try {
      return await this.running.duringStep(() => this.#console.execute(text));
    } finally {
      const specs = mirror.adopt(debug.breakpoints);
      if (specs) events.breakpointsEdited(specs);
      this.#afterCommand(text, machine.instructions !== before);
    }
  }

  /** A command that ran the machine leads to a stop; any other may have written something, so views read again. */
  #afterCommand(text: string, hasRun: boolean): void {
    const cpu = (): number => this.core.debug.cpuOf(this.#console.state.focus) ?? 0;
    if (hasRun) this.stops.stopNow('step', `after "${text}"`, cpu());
    else if (/^(set|p|print|call)\b/.test(text)) this.stops.renew();
  }

  /** The console looks at what the page looks at. */
  #focus(target: Target): void {
    const { view, machine } = this.core;
    const address = view.vcpuAddress(target);
    const cpu = view.cpuOf(target) ?? 0;
    const key = `${machine.instructions} ${targetKey(target)}`;
    if (key !== this.#focusKey) {
      this.#console.state.look(address === undefined ? { kind: 'cpu', cpu } : { kind: 'vcpu', address });
    }
    this.#focusKey = key;
  }

  completions(line: string): readonly string[] {
    return this.#console.completions(line);
  }
}
