/** OpenCSD's `trc_pkt_lister` as the judge of trace streams. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether it is installed (Debian: libopencsd-bin). */
export function hasOpenCsd(): boolean {
  return spawnSync('trc_pkt_lister', ['-help', '-logstdout'], { cwd: tmpdir() }).error === undefined;
}

/** Writes a snapshot, has it decoded, and gives the lines of what the decoder found. */
export function decodeSnapshot(files: ReadonlyMap<string, string | Uint8Array>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'opencsd-'));
  try {
    writeFiles(folder, files);
    const log = join(folder, 'decoded.txt');
    const { status, stderr } = spawnSync('trc_pkt_lister', ['-ss_dir', folder, '-decode', '-logfilename', log]);
    if (status !== 0) throw new Error(`trc_pkt_lister failed: ${String(stderr)}`);
    return readFileSync(log, 'utf8').split('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function writeFiles(folder: string, files: ReadonlyMap<string, string | Uint8Array>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, contents] of files) writeFileSync(join(folder, name), contents);
}

/** Instructions that the decoder says were executed, in order. */
export interface ExecutedInstructions {
  readonly addresses: bigint[];
  /** Of each the context it was executed in: `EL1 VMID 0x2 CONTEXTID 0x58`. */
  readonly contexts: string[];
}

/** What the lines of the decoder say. */
export function executedInstructions(lines: readonly string[]): ExecutedInstructions {
  const executed: ExecutedInstructions = { addresses: [], contexts: [] };
  let context = '';
  for (const line of lines) {
    const [, el, vmid, contextId] = /PE_CONTEXT\(.* (EL\d)N; .*VMID=(\w+); CTXTID=(\w+);/.exec(line) ?? [];
    if (el !== undefined) context = `${el} VMID ${vmid} CONTEXTID ${contextId}`;
    const [, start, end] = /exec range=(0x[0-9a-f]+):\[(0x[0-9a-f]+)\]/.exec(line) ?? [];
    if (start === undefined) continue;
    for (let at = BigInt(start); at < BigInt(end); at += 4n) {
      executed.addresses.push(at);
      executed.contexts.push(context);
    }
  }
  return executed;
}
