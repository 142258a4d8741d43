/** Records every instruction that one CPU executes, as its trace unit would. Slow: for windows, which can always be run again. */
import { ExceptionClass } from '../arch/esr.ts';
import { TraceKind } from '../base/trace-record.ts';
import type { Cpu } from '../emulator/cpu/cpu.ts';
import { EL, PC } from '../emulator/cpu/state.ts';
import { Reg } from '../emulator/cpu/system-registers/offsets.ts';
import type { Machine } from '../emulator/machine.ts';
import { CodeImage } from '../trace/etm/code-image.ts';
import { type EtmContext, EtmEncoder, EtmException } from '../trace/etm/encoder.ts';
import type { EtmSnapshot } from '../trace/etm/snapshot.ts';
import { vmidOf } from './vcpu-registers.ts';

/** Exception type of the trace unit by exception class. */
const TYPES: Readonly<Record<number, number>> = {
  [ExceptionClass.svc]: EtmException.call,
  [ExceptionClass.hvc]: EtmException.call,
  [ExceptionClass.smc]: EtmException.trap,
  [ExceptionClass.instructionAbortLower]: EtmException.instructionFault,
  [ExceptionClass.instructionAbortSame]: EtmException.instructionFault,
  [ExceptionClass.dataAbortLower]: EtmException.dataFault,
  [ExceptionClass.dataAbortSame]: EtmException.dataFault,
  [ExceptionClass.pcAlignment]: EtmException.alignment,
  [ExceptionClass.spAlignment]: EtmException.alignment,
};

const ASIDS = 0x1_0000;

/** Who is told what a CPU executes. */
export interface InstructionWatcher {
  /** An instruction was executed, or caused an exception that does not return to it. */
  step(pc: bigint, word: number, context: EtmContext): void;
  /** The exception's preferred return address is `returnAddress`. */
  exception(type: number, returnAddress: bigint, context: EtmContext): void;
}

/** Tells `watcher` everything that CPU `index` executes from now on, until the answer is called. */
export function watchInstructions(machine: Machine, index: number, watcher: InstructionWatcher): () => void {
  const { hooks } = machine;
  const { onInstruction, onTrace, onFetch } = hooks;
  const view = new CpuWatch(machine, watcher);
  hooks.onInstruction = (cpu) => view.next(cpu);
  machine.watchedCpu = index;
  hooks.onTrace = (cpu, kind, argument) => {
    onTrace?.(cpu, kind, argument);
    if (cpu.index === index) view.event(cpu, kind, argument);
  };
  hooks.onFetch = (cpu, page) => {
    onFetch?.(cpu, page);
    if (cpu.index === index) view.fetched(cpu, page);
  };
  machine.mmu.flushFetch(machine.cpus[index]);
  return () => {
    view.halt(machine.cpus[index]);
    machine.watchedCpu = -1;
    Object.assign(hooks, { onInstruction, onTrace, onFetch });
  };
}

function contextOf({ state }: Cpu): EtmContext {
  return { el: state.get(EL), vmid: vmidOf(state), contextId: state.get(Reg.CONTEXTIDR_EL1) };
}

/** Linear addresses of the pages of one context, by virtual page number. */
type CodePages = Map<number, number>;

/** One CPU under observation. An instruction's word is read when it has been fetched: at the next one. */
class CpuWatch {
  private readonly words: Uint32Array;
  private readonly contexts = new Map<number, CodePages>();
  private pages: CodePages | undefined;
  private context: EtmContext = { el: 0, vmid: 0, contextId: 0 };
  private pc = 0n;
  private page = 0;

  constructor(
    machine: Machine,
    private readonly watcher: InstructionWatcher,
  ) {
    this.words = new Uint32Array(machine.memory.buffer);
  }

  next(cpu: Cpu): void {
    this.settle();
    const { state } = cpu;
    this.pages = this.pagesOf(cpu);
    this.pc = state.pc;
    this.page = pageNumber(cpu);
    const { context } = this;
    const el = state.get(EL);
    const contextId = state.get(Reg.CONTEXTIDR_EL1);
    if (context.el !== el || context.contextId !== contextId || context.vmid !== vmidOf(state)) {
      this.context = contextOf(cpu);
    }
  }

  event(cpu: Cpu, kind: number, argument: bigint): void {
    if (kind !== TraceKind.interruptEntry && kind !== TraceKind.exceptionEntry) return;
    const { pc } = cpu.state;
    const exceptionClass = Number((argument >> 26n) & 0x3fn);
    const isInterrupt = kind === TraceKind.interruptEntry;
    // What returns to the instruction that caused it has not executed that.
    if (!isInterrupt && pc === this.pc) this.pages = undefined;
    this.settle();
    const type = isInterrupt ? EtmException.irq : (TYPES[exceptionClass] ?? EtmException.trap);
    this.watcher.exception(type, pc, contextOf(cpu));
  }

  fetched(cpu: Cpu, page: number): void {
    this.pagesOf(cpu).set(pageNumber(cpu), page);
  }

  /** The CPU is halted where it is: without that, nobody would know how far it came after its last branch. */
  halt(cpu: Cpu): void {
    this.settle();
    this.watcher.exception(EtmException.debugHalt, cpu.state.pc, contextOf(cpu));
  }

  /** Tells of the last instruction. */
  settle(): void {
    const page = this.pages?.get(this.page);
    this.pages = undefined;
    if (page === undefined) return;
    const offset = Number(this.pc & 0xfffn);
    this.watcher.step(this.pc, this.words[(page + offset) >>> 2], this.context);
  }

  private pagesOf({ state }: Cpu): CodePages {
    const asid = state.get(Reg.TTBR0_EL1 + 4) >>> 16;
    const regime = state.get(EL) === 2 ? 0 : (1 + vmidOf(state)) * ASIDS + asid;
    let pages = this.contexts.get(regime);
    if (!pages) this.contexts.set(regime, (pages = new Map()));
    return pages;
  }
}

/** Virtual page number. */
function pageNumber({ state }: Cpu): number {
  return (state.get(PC) >>> 12) + state.get(PC + 4) * 2 ** 20;
}

/** The trace of one CPU, ready for OpenCSD. */
export class InstructionTrace implements InstructionWatcher {
  private readonly encoder = new EtmEncoder();
  private readonly image = new CodeImage();
  private startPc: bigint | undefined;
  instructions = 0;
  /** Instructions where another one had been executed at the same address: the image cannot show both. */
  conflicts = 0;

  step(pc: bigint, word: number, context: EtmContext): void {
    this.startPc ??= pc;
    this.instructions++;
    if (!this.image.note(pc, word)) this.conflicts++;
    this.encoder.step(pc, word, context);
  }

  exception(type: number, returnAddress: bigint, context: EtmContext): void {
    this.encoder.exception(type, returnAddress, context);
  }

  snapshot(): EtmSnapshot {
    return { trace: this.encoder.finish(), startPc: this.startPc ?? 0n, code: this.image.dumps() };
  }
}
