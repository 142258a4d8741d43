/** One conversation with GDB: packets come in, are acknowledged and answered one after another. */
import { framePacket, PacketReader, toBytes } from './packets.ts';

/** The line to GDB. */
export interface GdbLine {
  send(bytes: Uint8Array): void;
  /** Lets what has arrived be delivered. */
  pause(): Promise<void>;
}

/** Who answers. */
export interface Answerer {
  /** The reply to a packet; undefined when nothing is to be answered. */
  answer(payload: string): Promise<string | undefined>;
  /** GDB wants what is under way to end. */
  interrupt(): void;
  /** What was under way has ended. */
  clearInterrupt(): void;
  /** GDB has nothing left here after this packet. */
  isOver(): boolean;
  /** GDB keeps nothing of the machine. */
  hasLeft(): boolean;
  /** The line is closed: nothing of GDB's is to stay. */
  leave(): void;
}

/** How a conversation ended. */
export type Ending = 'left' | 'lost';

export class GdbConnection {
  /** Settled with `left` when GDB has detached or killed, with `lost` when the line was closed before. */
  readonly ended: Promise<Ending>;
  /** Whether packets are acknowledged: until GDB wants it no more. */
  needsAcks = true;
  readonly #reader = new PacketReader();
  #end: (ending: Ending) => void = () => {};
  #isEnded = false;
  #lastSent: Uint8Array = new Uint8Array();
  /** Work on packets, one after another. */
  #work: Promise<void> = Promise.resolve();
  /** Packets that have not been answered. */
  #waiting = 0;

  constructor(
    private readonly line: GdbLine,
    private readonly answerer: Answerer,
  ) {
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  /** Bytes that came from GDB. */
  receive(bytes: Uint8Array): void {
    for (const incoming of this.#reader.feed(bytes)) {
      if (incoming.kind === 'interrupt') this.#interrupt();
      else if (incoming.kind === 'nack') this.line.send(this.#lastSent);
      else if (incoming.kind === 'damaged') this.#acknowledge('-');
      else {
        this.#acknowledge('+');
        this.#enqueue(incoming.payload);
      }
    }
  }

  /** Sends a packet that nobody has asked for. */
  send(payload: string): void {
    if (this.#isEnded) return;
    this.#lastSent = framePacket(payload);
    this.line.send(this.#lastSent);
  }

  close(): void {
    this.#isEnded = true;
    this.answerer.interrupt();
    this.#work = this.#work.then(() => {
      const ending = this.answerer.hasLeft() ? 'left' : 'lost';
      this.answerer.leave();
      this.#end(ending);
    });
  }

  #enqueue(payload: string): void {
    this.#waiting++;
    this.#work = this.#work
      .then(() => this.#serve(payload))
      .finally(() => {
        this.#waiting--;
        this.answerer.clearInterrupt();
      });
  }

  /** It may come right behind the packet that is to make the machine run; when nothing is to be done it means nothing. */
  #interrupt(): void {
    if (this.#waiting > 0) this.answerer.interrupt();
  }

  #acknowledge(sign: string): void {
    if (this.needsAcks) this.line.send(toBytes(sign));
  }

  async #serve(payload: string): Promise<void> {
    if (this.#isEnded) return;
    const reply = await this.answerer.answer(payload);
    if (reply !== undefined) this.send(reply);
    if (this.answerer.isOver()) this.close();
  }
}
