/** Our machine with its guests, driven as workloads need it: the same code in Node and in a browser's worker. */
import type { ConsoleId } from '../../awareness/consoles.ts';
import { hashMachine, loadMachine } from '../../emulator/machine-state.ts';
import { Machine } from '../../emulator/machine.ts';
import { DRAM_BASE } from '../../emulator/memory-layout.ts';
import { Transcripts } from '../../headless/transcripts.ts';
import type { Pack } from '../../pack/load.ts';
import { GuestConsoles } from '../../workers/guest-consoles.ts';

/** Instructions between two looks at messages: some milliseconds, as behind the page. */
const SLICE = 3_000_000;
/** A console that prints nothing that is waited for in so many instructions never will. */
const LIMIT = 60e9;

/** Lets messages and background work of the engine in, as the page's worker does between slices. */
class Pause {
  private readonly channel = new MessageChannel();
  private resolve = (): void => {};

  constructor() {
    // The types of Node do not know that its ports have this property too.
    Object.assign(this.channel.port1, { onmessage: () => this.resolve() });
  }

  take(): Promise<void> {
    return new Promise((resolve) => {
      this.resolve = resolve;
      this.channel.port2.postMessage(null);
    });
  }
}

export class GuestMachine {
  readonly machine = new Machine();
  private readonly pause = new Pause();
  private readonly transcripts = new Transcripts();
  private readonly consoles: GuestConsoles;

  /** `threshold` as in `Translator`; its own default when absent. */
  constructor(
    private readonly pack: Pack,
    threshold: number | undefined,
  ) {
    if (threshold !== undefined) this.machine.translator.threshold = threshold;
    this.consoles = new GuestConsoles(this.machine, (console, bytes) => {
      if (!this.transcripts.append(console, bytes)) return;
      this.consoles.isStopWanted = true;
      this.machine.requestStop();
    });
  }

  /** Runs from the first instruction to the prompts of all domains. */
  async boot(): Promise<void> {
    const { manifest } = this.pack;
    for (const { address, bytes } of await this.pack.images()) this.machine.bytes.set(bytes, DRAM_BASE + address);
    this.machine.start(BigInt(manifest.entry.pc), BigInt(manifest.entry.x0));
    for (const { domid, hostname } of manifest.domains) await this.until(`d${domid}`, new RegExp(`${hostname} # `));
  }

  /** Takes the state of the pack's boot snapshot. */
  async restore(): Promise<void> {
    const snapshot = await this.pack.snapshot();
    if (!snapshot) throw new Error('the pack has no boot snapshot');
    this.consoles.restore(loadMachine(this.machine, snapshot, true));
  }

  /** Puts text on a domain's console; what was printed before does not count any more. */
  type(domain: number, text: string): void {
    this.consoles.type(`d${domain}`, text);
    this.transcripts.forget();
  }

  /** Runs until a console has printed what matches. */
  async until(console: ConsoleId, pattern: RegExp): Promise<void> {
    const end = this.machine.instructions + LIMIT;
    let isFound = this.transcripts.await(console, pattern);
    while (!isFound) {
      isFound = this.run(SLICE);
      if (!isFound && this.machine.instructions > end) throw new Error(`${console}: ${pattern.source} did not come`);
      await this.pause.take();
    }
    this.transcripts.stopWaiting();
  }

  /** True when what is waited for was printed. */
  private run(count: number): boolean {
    this.consoles.isStopWanted = false;
    const result = this.consoles.run(count);
    if (result !== 'done' && result !== 'stopped') throw new Error(`the machine is ${result}`);
    return result === 'stopped';
  }

  /** Retires exactly `count` more instructions. */
  async advance(count: number): Promise<void> {
    const target = this.machine.instructions + count;
    while (this.machine.instructions < target) {
      this.run(Math.min(SLICE, target - this.machine.instructions));
      await this.pause.take();
    }
  }

  hash(): string {
    return hashMachine(this.machine);
  }
}
