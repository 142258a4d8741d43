/** Commands on two guests without symbols: what is said, and what is refused. */
import { beforeEach, describe, expect, it } from 'vitest';
import { DebugPort } from '../../emulator/debug-port.ts';
import { GUEST, physicalBase, twoGuests } from '../../testing/two-guests.ts';
import { Debugger } from '../debugger.ts';
import { CommandConsole } from './console.ts';

const hex = (value: bigint): string => `0x${value.toString(16)}`;

let debugConsole: CommandConsole;
const say = (line: string): Promise<string> => debugConsole.execute(line);

beforeEach(async () => {
  debugConsole = new CommandConsole(new Debugger(new DebugPort(twoGuests()), undefined, []));
  await say(`tbreak *p0:${hex(GUEST.loop)}`);
  await say('continue');
});

describe('commands without symbols', () => {
  it('stop at an address and list it', async () => {
    expect(await say(`break *p0:${hex(GUEST.store)}`)).toBe(`Breakpoint 2 at p0:${hex(GUEST.store)}`);
    expect(await say('continue')).toMatch(/^Breakpoint 2\n/);
    expect(await say('info breakpoints')).toMatch(/2 +keep +applied +any +1 +p0:0x200004/);
    expect(await say('delete 2')).toBe('');
    expect(await say('info breakpoints')).toBe('No breakpoints.');
  });

  it('assign to registers and memory', async () => {
    await say('set $x0 = 0x100');
    expect(await say('print $x0 + 1')).toBe('257');
    await say(`set *(unsigned int *)${hex(GUEST.base + 0x1010n)} = 42`);
    expect(await say(`print *(unsigned int *)${hex(GUEST.base + 0x1010n)}`)).toBe('42');
    expect(await say(`x/1xw PA:${hex(physicalBase(1) + 0x1010n)}`)).toMatch(/0x0000002a$/m);
  });

  it('disassemble and step by instruction, into and over HVC', async () => {
    expect(await say('x/2i $pc')).toMatch(/add\s+x0, x0, #(0x)?1[^]*str\s+x0, \[x1\]/);
    await say('stepi 3');
    expect(await say('print/x $pc')).toBe(hex(GUEST.hvc));
    await say('nexti');
    expect(await say('print/x $pc')).toBe(hex(GUEST.hvc + 4n));
    await say('stepi 4');
    expect(await say('print/x $pc')).toBe(hex(GUEST.hvc));
    await say('stepi');
    expect(await say('print $CurrentEL')).toBe('8');
    expect(await say('print/x $ESR_EL2.EC')).toBe('0x16');
  });

  it('catch an HVC by its immediate', async () => {
    await say('catch hvc 7');
    expect(await say('continue')).toMatch(/^Catchpoint 2, HVC #0x7: EL1 \u2192 EL2, from p0:0x200010/);
  });

  it.each([
    ['nonsense', 'there is no command "nonsense": try help'],
    ['break two words', '"two words" is neither a function, nor FILE:LINE, nor *ADDRESS'],
    ['break main inferior x', '"x" is no scope (any, xen, d1, d1v0, d1:pid 42, p2)'],
    ['catch nothing', expect.stringContaining('catch what?')],
    ['catch hypercall', 'catch which hypercall? Its name (xen_version) or number'],
    ['delete 99', 'there is no breakpoint 99'],
    ['step zero', '"zero" is not a count'],
    ['watch $x0', '"$x0" is not in memory'],
    ['frame 7', 'there is no frame 7'],
  ])('%s is refused', async (line, message) => {
    await expect(say(line)).rejects.toMatchObject({ message });
  });
});
