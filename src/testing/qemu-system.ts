/** The reference machine: a guest pack's own images on QEMU's ZCU102. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { loadPack } from '../pack/load.ts';
import type { Manifest } from '../pack/manifest.ts';
import { QEMU_DEVICE_TREE } from '../pack/node/assemble.ts';
import { FolderFiles } from '../pack/node/folder-files.ts';

/** How often a waiting `until` looks at the output, in milliseconds. */
const POLL_MS = 5;
const TYPED_AT_ONCE = 8;
const TYPE_PAUSE_MS = 50;
/** Xen's console moves its input on when it gets this three times. */
const CTRL_A = '\x01';

/** A running QEMU whose first serial port is our terminal. Xen prefixes what the DomUs print with `(XEN) DOMn: `, line by line. */
export class QemuSystem {
  /** All that was printed so far, without carriage returns. */
  output = '';
  #seen = 0;
  #exit: string | undefined;

  private constructor(
    readonly process: ChildProcessWithoutNullStreams,
    readonly manifest: Manifest,
  ) {
    // Guest terminals and Xen each put a CR before a line end.
    const collect = (text: string): string => (this.output += text.replaceAll('\r', ''));
    process.stdout.setEncoding('utf8').on('data', collect);
    process.stderr.setEncoding('utf8').on('data', collect);
    process.on('error', (error) => (this.#exit = error.message));
    process.on('exit', (code, signal) => (this.#exit ??= `exit ${code ?? signal}`));
  }

  /** Starts the images of the pack in `folder`, with the device tree that QEMU needs. */
  static async start(folder: string, moreArguments: readonly string[] = []): Promise<QemuSystem> {
    const { manifest } = await loadPack(new FolderFiles(folder));
    const args = [...qemuArguments(folder, manifest), ...moreArguments];
    return new QemuSystem(spawn('qemu-system-aarch64', args, { stdio: 'pipe' }), manifest);
  }

  /** Waits until something that matches has been printed since the last match, and returns what was printed up to its end. */
  async until(pattern: RegExp, seconds: number): Promise<string> {
    const deadline = performance.now() + seconds * 1000;
    for (;;) {
      const match = pattern.exec(this.output.slice(this.#seen));
      if (match !== null) return this.#take(match.index + match[0].length);
      if (this.#exit !== undefined) throw new Error(`QEMU has ended: ${this.#exit}\n${this.#tail()}`);
      if (performance.now() > deadline) throw new Error(`${pattern} did not come in ${seconds} s\n${this.#tail()}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  #take(length: number): string {
    const text = this.output.slice(this.#seen, this.#seen + length);
    this.#seen += length;
    return text;
  }

  #tail(): string {
    return this.output.slice(-2000);
  }

  /** Types into the domain that has Xen's console input, slowly: Xen's virtual UART drops what does not fit in its 32 bytes. */
  async type(text: string): Promise<void> {
    for (let at = 0; at < text.length; at += TYPED_AT_ONCE) {
      this.process.stdin.write(text.slice(at, at + TYPED_AT_ONCE));
      await new Promise((resolve) => setTimeout(resolve, TYPE_PAUSE_MS));
    }
  }

  /** Moves Xen's console input on: Dom0, DomU1, DomU2, Xen, and round again. */
  async switchConsole(): Promise<void> {
    await this.type(CTRL_A.repeat(3));
    await this.until(/Serial input to \w+/, 10);
  }

  /** Ends QEMU. */
  async stop(): Promise<void> {
    if (this.#exit !== undefined) return;
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGKILL');
    await ended;
  }
}

function qemuArguments(folder: string, manifest: Manifest): string[] {
  const loaded = manifest.images.filter(({ role }) => role === 'kernel' || role === 'initrd');
  const hypervisor = manifest.images.find(({ role }) => role === 'hypervisor');
  if (hypervisor === undefined) throw new Error('the pack has no hypervisor image');
  const loaders = loaded.flatMap(({ file, addresses }) =>
    addresses.flatMap((address) => ['-device', `loader,file=${join(folder, file)},addr=${address},force-raw=on`]),
  );
  const machine = `-M xlnx-zcu102,virtualization=on -m 2047M -smp ${manifest.cpus} -accel tcg,thread=single`;
  const terminals = '-display none -audiodev none,id=quiet -monitor none -serial stdio -serial null';
  const boot = ['-kernel', join(folder, hypervisor.file), '-dtb', join(folder, QEMU_DEVICE_TREE)];
  return [...`${machine} ${terminals}`.split(' '), ...boot, ...loaders];
}

/**
 * Waits until Dom0 is at its prompt and all DomUs are ready. A DomU's prompt has no line end and Xen prints whole lines only, so the line before it counts.
 * Returns the seconds since `begin` (`performance.now()`).
 */
export async function untilPrompts(system: QemuSystem, begin: number, seconds: number): Promise<number> {
  const [dom0, ...domUs] = system.manifest.domains;
  const signs = [`${dom0.hostname} # `, ...domUs.map(({ domid, hostname }) => `DOM${domid}: READY ${hostname}`)];
  const deadline = begin + seconds * 1000;
  // Anchored: tried at every position, it would take a time that grows with the square of the output.
  const all = new RegExp(`^${signs.map((sign) => `(?=[^]*${sign})`).join('')}[^]*`);
  await system.until(all, (deadline - performance.now()) / 1000);
  return (performance.now() - begin) / 1000;
}
