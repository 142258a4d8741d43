/** Stores to the System Trace Macrocell, by programs on the bare machine and by `devmem` in Dom0; the stream is judged by OpenCSD. */
import { describe, expect, it } from 'vitest';
import { loadMachine } from '../emulator/machine-state.ts';
import { Machine } from '../emulator/machine.ts';
import { DRAM_BASE } from '../emulator/memory-layout.ts';
import { loadPack } from '../pack/load.ts';
import { FolderFiles } from '../pack/node/folder-files.ts';
import { DEFAULT_PACK, hasDefaultPack } from '../testing/busy-system.ts';
import { decodeSnapshot, hasOpenCsd } from '../testing/opencsd.ts';
import { stpSnapshotFiles, stpStream } from '../trace/stp/stimulus-events.ts';
import { GuestConsoles } from '../workers/guest-consoles.ts';
import { Recording } from '../workers/recording.ts';

/** Stores a word to port 0, a halfword with a timestamp to port 1, a byte with marker and timestamp to port 2, 64 bits to port 3, and a flag; then sleeps. */
const PROGRAM = [
  0xd2bf_0001, // movz x1, #0xf800, lsl #16
  0x5280_2462, // movz w2, #0x123
  0xb900_1822, // str w2, [x1, #0x18]
  0x7902_2022, // strh w2, [x1, #0x110]
  0x3908_0022, // strb w2, [x1, #0x200]
  0xf901_8c22, // str x2, [x1, #0x318]
  0xb901_6822, // str w2, [x1, #0x168]
  0xd503_207f, // wfi
];

function softwareTrace(recording: Recording): string[] {
  recording.update();
  const lines = decodeSnapshot(stpSnapshotFiles(stpStream(recording.store)));
  return lines.flatMap((line) => /ELEM_SWTRACE\((.*)\)/.exec(line)?.[1].replaceAll(/\s+/g, ' ').trim() ?? []);
}

function markers({ timelines: { model } }: Recording): string[] {
  const { markers: spans, labels } = model;
  return Array.from({ length: spans.count }, (_, i) => labels.get(spans.labels.values[i]).text);
}

describe.runIf(hasOpenCsd())('software trace', () => {
  it('comes from bare metal', () => {
    const machine = new Machine();
    const recording = new Recording(machine, () => undefined);
    new Uint32Array(machine.memory.buffer, DRAM_BASE, PROGRAM.length).set(PROGRAM);
    machine.start(0n, 0n);
    recording.begin();
    machine.run(100);
    // Instructions are nanoseconds: the halfword is written by the fourth.
    expect(softwareTrace(recording)).toEqual([
      '(Ma:0x00; Ch:0x00) 0x00000123;',
      '(Ma:0x00; Ch:0x01) 0x0123; [ TS=0x000000000004];',
      '(Ma:0x00; Ch:0x02) 0x23; +Mrk [ TS=0x000000000005];',
      '(Ma:0x00; Ch:0x03) 0x00000123;',
      '(Ma:0x00; Ch:0x03) 0x00000000;',
      '(Ma:0x00; Ch:0x01) +Mrk',
    ]);
    expect(markers(recording)).toContain('STM 2: 0x23');
    expect(machine.unmodelled.accesses).toEqual([]);
  });

  it.runIf(hasDefaultPack)(
    'comes from devmem in Dom0, as events on the timeline too',
    async () => {
      const machine = new Machine();
      let text = '';
      const consoles = new GuestConsoles(machine, (id, bytes) => {
        if (id === 'd0') text += new TextDecoder().decode(bytes);
      });
      const pack = await loadPack(new FolderFiles(DEFAULT_PACK));
      consoles.restore(loadMachine(machine, (await pack.snapshot()) ?? new Uint8Array(), true));
      const recording = new Recording(machine, (vmid) => vmid - 1);
      recording.begin();
      consoles.type(
        'd0',
        'devmem 0xf8000018 32 0xdeadbeef; devmem 0xf8000518 8 0x41; devmem 0xfe9c0fcc; echo DO""NE\n',
      );
      for (let i = 0; i < 100 && !text.includes('\nDONE'); i++) consoles.run(1_000_000);
      expect(text).toMatch(/\n0x00000063\r\nDONE/);
      const found = softwareTrace(recording).map((line) => line.replace(/^\(Ma:0x0\d; /, '('));
      expect(found).toEqual(['(Ch:0x00) 0xdeadbeef;', '(Ch:0x05) 0x41;']);
      expect(markers(recording)).toEqual(['STM 0: 0xdeadbeef', 'STM 5: 0x41']);
      expect(machine.unmodelled.accesses).toEqual([]);
    },
    120_000,
  );
});
