/** Stops as they come from the session: each is shown together with its stack and with what the views in sight ask, so that all is drawn once. */
import type { StackFrame } from '../protocol/inspect.ts';
import type { SessionFunctions } from '../protocol/session.ts';
import type { MachineStatus } from '../protocol/status.ts';
import { STALE_STOP, type Stop } from '../protocol/stop.ts';
import type { Target } from '../protocol/target.ts';
import type { ContextStore } from './context-store.ts';
import type { MachineStore } from './machine-store.ts';
import type { Questions } from './questions.ts';
import type { SourceTexts } from './source-cache.ts';

/** Milliseconds after which a stop is shown with what is known by then; the rest follows. */
const PATIENCE = 120;

/** What was found of a stack, in the form of the context's state; null when the machine has gone on. */
type Stack = { readonly frames: readonly StackFrame[]; readonly framesError: string | null } | null;

interface Arriving {
  readonly stop: Stop;
  /** The machine at that stop, which is shown with it. */
  status?: MachineStatus;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function topOf(frames: readonly StackFrame[]): StackFrame | undefined {
  return frames.find((frame) => frame.presentationHint !== 'label');
}

/** What the arrivals need of the client. */
export interface ArrivalHost {
  readonly machine: MachineStore;
  readonly context: ContextStore;
  readonly session: SessionFunctions;
  readonly questions: Questions;
  readonly texts: SourceTexts;
  showFrame(frame: StackFrame): void;
}

export class Arrivals {
  /** Settled when the last stop is shown. */
  shown: Promise<void> = Promise.resolve();
  #arriving: Arriving | null = null;

  constructor(private readonly host: ArrivalHost) {}

  /** The machine goes on or is gone: a stop that has not been shown yet is history. */
  cancel(): void {
    this.#arriving = null;
  }

  /** A sample of the machine; that of a stop on its way is shown with it. */
  status(status: MachineStatus): void {
    if (this.#arriving && !status.running) this.#arriving.status = status;
    else this.host.machine.setState({ status });
  }

  /** Shows a stop with its stack, or without when that takes long.  */
  stopped(stop: Stop): void {
    const last = this.host.machine.getState().stop;
    if ((this.#arriving?.stop ?? last)?.stopId !== stop.stopId) this.shown = this.#arrive(stop, last);
  }

  async #arrive(stop: Stop, last: Stop | null): Promise<void> {
    const { machine, context, questions } = this.host;
    const arriving: Arriving = { stop };
    this.#arriving = arriving;
    const isRenewed = last !== null && stop.renews === last.stopId;
    // The target that a person has chosen since stays.
    const target = isRenewed ? context.getState().target : { ...stop.target };
    const reading = this.#read(stop, target);
    const answers = [questions.ask(stop, false, null)];
    let known: Stack = null;
    const all = reading.then(async (stack) => {
      known = stack;
      const top = topOf(stack?.frames ?? []);
      answers.push(questions.ask(stop, true, top?.id ?? null));
      await Promise.all([...answers.map(({ complete }) => complete), this.#readSource(top)]);
    });
    await Promise.race([all, patience()]);
    if (this.#arriving !== arriving) return;
    this.#arriving = null;
    const { status = machine.getState().status } = arriving;
    machine.setState({ stop, lastStop: stop, status });
    for (const each of answers) each.show();
    if (isRenewed && context.getState().target !== target) return this.readStack(false);
    context.setState({ target, frames: [], frameId: null, framesError: null });
    this.#show(stop, target, known ?? (await reading), !isRenewed);
    for (const each of answers) each.show();
  }

  /** Reads the stack of the current target; `isNew` brings its place to the front as well. */
  async readStack(isNew: boolean): Promise<void> {
    const { stop } = this.host.machine.getState();
    const { target } = this.host.context.getState();
    if (stop) this.#show(stop, target, await this.#read(stop, target), isNew);
  }

  /** The file that will be shown; when it cannot be read, its panel says so. */
  async #readSource(frame: StackFrame | undefined): Promise<void> {
    if (frame?.source) await this.host.texts.get(frame.source.path).catch(() => undefined);
  }

  async #read(stop: Stop, target: Target): Promise<Stack> {
    try {
      return { frames: await this.host.session.stackTrace(stop.stopId, target), framesError: null };
    } catch (error) {
      const message = messageOf(error);
      return message === STALE_STOP ? null : { frames: [], framesError: message };
    }
  }

  #show(stop: Stop, target: Target, stack: Stack, isNew: boolean): void {
    const { machine, context } = this.host;
    const isCurrent = machine.getState().stop === stop && context.getState().target === target;
    if (!stack || !isCurrent) return;
    const top = topOf(stack.frames);
    context.setState({ ...stack, frameId: top?.id ?? null });
    // A pause is about the machine as a whole: it leaves what the person is reading in front.
    if (isNew && top?.source && stop.reason !== 'pause') this.host.showFrame(top);
  }
}

function patience(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, PATIENCE);
  });
}
