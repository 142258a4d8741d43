/** What the console remembers between commands: whom it looks at, which frame, and where `list` is. */
import type { Debugger, Focus } from '../debugger.ts';
import type { SymbolModule } from '../contexts/modules.ts';
import type { StackRow } from '../stack/call-stack.ts';
import type { FrameRow } from '../stack/inspection.ts';
import { CommandError } from './command.ts';

/** Frames that are counted when a frame is selected by number. */
const FRAME_LIMIT = 512;
/** Instructions of all CPUs that a command may run, unless the host says otherwise. */
const RUN_LIMIT = 2_000_000_000;

/** A place in a source file. */
export interface SourcePlace {
  readonly module: SymbolModule;
  readonly file: string;
  readonly line: number;
}

export class ConsoleState {
  focus: Focus = { kind: 'cpu', cpu: 0 };
  /** Selected frame, 0 the youngest; boundaries have no number. */
  frame = 0;
  /** Where `list` goes on. */
  listed: SourcePlace | undefined;
  runLimit = RUN_LIMIT;

  constructor(readonly session: Debugger) {}

  /** The machine has stopped, or another context was chosen. */
  look(focus: Focus): void {
    this.focus = focus;
    this.frame = 0;
    this.listed = undefined;
  }

  /** pCPU to step: that of the focus. Throws when the vCPU is not on one. */
  get cpu(): number {
    const cpu = this.session.cpuOf(this.focus);
    if (cpu === undefined) throw new CommandError('this vCPU does not run now: continue until it does');
    return cpu;
  }

  rows(limit = FRAME_LIMIT): AsyncGenerator<StackRow> {
    return this.session.stacks.rows(this.session.top(this.focus), limit);
  }

  /** The selected frame. */
  async selected(): Promise<FrameRow> {
    return this.frameAt(this.frame);
  }

  async frameAt(number: number): Promise<FrameRow> {
    let count = 0;
    for await (const row of this.rows()) if (row.kind === 'frame' && count++ === number) return row;
    throw new CommandError(`there is no frame ${number}`);
  }
}
