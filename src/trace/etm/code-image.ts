/** The code that was executed, by virtual address, as the reader of an instruction trace needs it. */
import type { CodeDump } from './snapshot.ts';

const PAGE = 4096;

export class CodeImage {
  private readonly pages = new Map<bigint, Uint32Array>();
  private readonly seen = new Map<bigint, Uint8Array>();

  /** Notes the word at `pc`. False when another one was executed there before: then one image does not do. */
  note(pc: bigint, word: number): boolean {
    const page = pc & ~BigInt(PAGE - 1);
    let words = this.pages.get(page);
    let seen = this.seen.get(page);
    if (!words || !seen) {
      this.pages.set(page, (words = new Uint32Array(PAGE / 4)));
      this.seen.set(page, (seen = new Uint8Array(PAGE / 4)));
    }
    const index = Number(pc & BigInt(PAGE - 1)) >>> 2;
    if (seen[index] === 1) return words[index] === word >>> 0;
    seen[index] = 1;
    words[index] = word;
    return true;
  }

  /** The whole image: pages that follow each other are one dump. */
  dumps(): CodeDump[] {
    const addresses = [...this.pages.keys()].sort((a, b) => (a < b ? -1 : 1));
    const runs: bigint[][] = [];
    for (const address of addresses) {
      const last = runs.at(-1);
      if (last && last[last.length - 1] + BigInt(PAGE) === address) last.push(address);
      else runs.push([address]);
    }
    return runs.map((run) => ({ address: run[0], bytes: this.bytesOf(run) }));
  }

  private bytesOf(run: readonly bigint[]): Uint8Array {
    const bytes = new Uint8Array(run.length * PAGE);
    const view = new DataView(bytes.buffer);
    for (const [n, address] of run.entries()) {
      const words = this.pages.get(address) ?? new Uint32Array();
      words.forEach((word, i) => view.setUint32(n * PAGE + 4 * i, word, true));
    }
    return bytes;
  }
}
