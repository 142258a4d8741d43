import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_PACK, hasPack } from '../pack/node/build-pack.ts';
import { QemuSystem, untilPrompts } from './qemu-system.ts';

const BOOT_SECONDS = 150;
const STEP_SECONDS = 30;
const TEST_MS = 100_000;
/** Late messages of a kernel ("crng init done") would stand between the lines that a test expects. */
const HUSH_KERNEL = 'dmesg -n 1\n';

describe.skipIf(!hasPack(DEFAULT_PACK))('the default pack on QEMU', () => {
  let system: QemuSystem;

  beforeAll(async () => {
    const begin = performance.now();
    system = await QemuSystem.start(DEFAULT_PACK);
    console.log(`QEMU: all prompts after ${(await untilPrompts(system, begin, BOOT_SECONDS)).toFixed(1)} s`);
  }, BOOT_SECONDS * 1000);

  afterAll(() => system.stop());

  it(
    'lets Dom0 see Xen',
    async () => {
      await system.type(HUSH_KERNEL);
      await system.until(/\ndom0 # /, STEP_SECONDS);
      await system.type('cat /sys/hypervisor/version/major\n');
      expect(await system.until(/\ndom0 # /, STEP_SECONDS)).toMatch(/^.*major\n4\ndom0 # $/);
    },
    TEST_MS,
  );

  it(
    'gives the shell a terminal of its own and survives exit',
    async () => {
      await system.type('tty; cat\n');
      await system.until(/\n\/dev\/hvc0\n/, STEP_SECONDS);
      await system.type('echoed\n');
      await system.until(/echoed\nechoed\n/, STEP_SECONDS);
      await system.type('\x03');
      await system.until(/dom0 # /, STEP_SECONDS);
      await system.type('exit\n');
      expect(await system.until(/exit\n[^]*dom0 # /, STEP_SECONDS)).not.toContain('panic');
    },
    TEST_MS,
  );

  it.each([
    ['DomU1', 'domU1', 2],
    ['DomU2', 'domU2', 1],
  ])(
    'lets %s see Xen and its vCPUs',
    async (_, hostname, vcpus) => {
      await system.switchConsole();
      await system.type(HUSH_KERNEL);
      await system.until(new RegExp(`\n[^\n]*${hostname} # `), STEP_SECONDS);
      await system.type('cat /sys/hypervisor/version/major; nproc; hostname\n');
      const answers = await system.until(new RegExp(`\n\\(XEN\\) ${hostname}\n`), STEP_SECONDS);
      expect(answers.replaceAll('(XEN) ', '').split('\n').slice(-4, -1)).toEqual(['4', String(vcpus), hostname]);
    },
    TEST_MS,
  );

  it(
    'has the programs that a person will want',
    async () => {
      for (let count = 0; count < 2; count++) await system.switchConsole();
      const tools = ['awk', 'dd', 'devmem', 'gzip', 'sha256sum', 'true', 'ps', 'taskset', 'vi'];
      await system.type(`for t in ${tools.join(' ')}; do [ -x /bin/$t ] && echo has $t; done; echo the end\n`);
      const output = await system.until(/\nthe end\n/, STEP_SECONDS);
      for (const tool of tools) expect(output).toContain(`\nhas ${tool}\n`);
    },
    TEST_MS,
  );
});
