/** A machine in a bare page, for comparing Chromium's with Node's: bundled by the end-to-end test, never part of the site. */
import { loadMachine, hashMachine } from '../emulator/machine-state.ts';
import { Machine } from '../emulator/machine.ts';
import { HttpFiles } from '../pack/files.ts';
import { loadPack } from '../pack/load.ts';

/** Restores the boot snapshot of the pack at `packUrl`, runs `instructions` and gives the hash of the state; `threshold` as in `Translator`. */
export async function hashAfter(packUrl: string, instructions: number, threshold: number): Promise<string> {
  const pack = await loadPack(new HttpFiles(packUrl));
  const snapshot = await pack.snapshot();
  if (!snapshot) throw new Error('the pack has no boot snapshot');
  const machine = new Machine();
  machine.translator.threshold = threshold;
  loadMachine(machine, snapshot);
  machine.run(instructions);
  return hashMachine(machine);
}
