/** Tasks of a Linux domain, read from the kernel's own structures, whether the domain runs or not. */
import type { DebugPort, RegimeView } from '../../emulator/debug-port.ts';
import type { GuestKernel, Hypervisor, TaskInfo } from '../../debugger/contexts/guests.ts';
import { Moment } from '../../debugger/contexts/moment.ts';
import { ifReadable, MemoryError, MemoryReader } from '../../debugger/contexts/reader.ts';
import type { SymbolFile } from '../../debugger/symbols/symbol-file.ts';
import { type LinuxLayouts, linuxLayouts } from './layouts.ts';
import { taskStateLetter } from './task-state.ts';

const BANNER = 'Linux version ';
const COMM_LENGTH = 16;
const NAME_LIMIT = 256;
/** No list is longer: a damaged one must end. */
const MAX_TASKS = 65_536;

export class Linux implements GuestKernel {
  readonly #reader: MemoryReader;
  readonly #slideNow: Moment<bigint | undefined>;
  #slide: { readonly vbar: bigint; readonly slide: bigint } | undefined;

  private constructor(
    private readonly port: DebugPort,
    private readonly layouts: LinuxLayouts,
    private readonly hypervisor: Hypervisor,
    readonly domid: number,
  ) {
    this.#slideNow = new Moment(port, () => this.#findSlide());
    this.#reader = new MemoryReader(port, () => ({ kind: 'va', view: this.#view() }), true);
  }

  /** Prepares for the kernel that `symbols` describes, in domain `domid`. */
  static async open(port: DebugPort, symbols: SymbolFile, hypervisor: Hypervisor, domid: number): Promise<Linux> {
    return new Linux(port, await linuxLayouts(symbols), hypervisor, domid);
  }

  /** Reads the kernel's memory. */
  get reader(): MemoryReader {
    return this.#reader;
  }

  slide(): bigint | undefined {
    return this.#slideNow.value;
  }

  #findSlide(): bigint | undefined {
    const { vectors, banner } = this.layouts;
    const vbar = this.#vbar();
    if (vectors === undefined || vbar === undefined || vbar === 0n) return undefined;
    if (this.#slide?.vbar === vbar) return this.#slide.slide;
    const slide = BigInt.asIntN(64, vbar - vectors);
    const isKernel = ifReadable(
      () => banner !== undefined && this.#reader.string(banner + slide, BANNER.length) === BANNER,
    );
    if (isKernel !== true) return undefined;
    this.#slide = { vbar, slide };
    return slide;
  }

  tasks(): TaskInfo[] {
    const { initTask, task } = this.layouts;
    const slide = this.slide();
    if (slide === undefined || initTask === undefined) return [];
    const head = initTask + slide + task.offset('tasks');
    const leaders = [initTask + slide, ...this.#list(head, task.offset('tasks'))];
    return leaders.flatMap((leader) => this.#threads(leader)).map((address) => this.#describe(address));
  }

  currentTask(vcpuAddress: bigint): bigint | undefined {
    const slide = this.slide();
    const { entryTask } = this.layouts;
    const base = this.hypervisor.guestRegisters(vcpuAddress).read('TPIDR_EL1');
    if (slide === undefined || entryTask === undefined || base === undefined) return undefined;
    const task = ifReadable(() => this.#reader.u64(BigInt.asUintN(64, entryTask + slide + base)));
    return task === 0n ? undefined : task;
  }

  task(address: bigint): TaskInfo | undefined {
    return ifReadable(() => this.#describe(address));
  }

  userRegisters(task: bigint): bigint | undefined {
    const { userRegisters, stackSize } = this.layouts;
    if (userRegisters === 0 || stackSize === 0) return undefined;
    return ifReadable(() => this.layouts.task.read(this.#reader, task, 'stack') + BigInt(stackSize - userRegisters));
  }

  program(task: bigint): string | undefined {
    const { mm, file, dentry } = this.layouts;
    return ifReadable(() => {
      const space = this.layouts.task.read(this.#reader, task, 'mm');
      const exe = space === 0n ? 0n : mm.read(this.#reader, space, 'exe');
      if (exe === 0n) return undefined;
      const entry = file.read(this.#reader, exe, 'dentry');
      return this.#string(dentry.read(this.#reader, entry, 'name'));
    });
  }

  userMemory(task: bigint): bigint | undefined {
    return ifReadable(() => this.layouts.task.read(this.#reader, task, 'mm'));
  }

  taskView(task: bigint, vcpuAddress: bigint): RegimeView | undefined {
    const kernel = this.hypervisor.guestView(vcpuAddress, 1);
    return ifReadable(() => {
      const space = this.layouts.task.read(this.#reader, task, 'mm');
      if (space === 0n) return undefined;
      const pgd = this.layouts.mm.read(this.#reader, space, 'pgd');
      const found = this.port.translate({ kind: 'va', view: kernel }, pgd);
      if (!found.ok) return undefined;
      return this.port.withRegister({ ...kernel, el: 0 }, 'TTBR0_EL1', BigInt(found.value.ipa));
    });
  }

  /** Where a task's program was loaded: the start of its code. */
  startOfCode(task: bigint): bigint | undefined {
    return ifReadable(() => {
      const space = this.layouts.task.read(this.#reader, task, 'mm');
      return space === 0n ? undefined : this.layouts.mm.read(this.#reader, space, 'startCode');
    });
  }

  /** All vCPUs of a domain have the same kernel half. */
  #view(): RegimeView {
    const vcpu = this.hypervisor.vcpu(this.domid, 0);
    if (!vcpu) throw new MemoryError(`there is no d${this.domid}v0`);
    return this.hypervisor.guestView(vcpu.address, 1);
  }

  #vbar(): bigint | undefined {
    return ifReadable(() => {
      const vcpu = this.hypervisor.vcpu(this.domid, 0);
      return vcpu && this.hypervisor.guestRegisters(vcpu.address).read('VBAR_EL1');
    });
  }

  #threads(leader: bigint): bigint[] {
    const { task, signal } = this.layouts;
    const shared = task.read(this.#reader, leader, 'signal');
    if (shared === 0n) return [leader];
    const threads = this.#list(shared + signal.offset('threads'), task.offset('threadNode'));
    return threads.length > 0 ? threads : [leader];
  }

  /** Structures on a list_head, given their member's offset. */
  #list(head: bigint, member: bigint): bigint[] {
    const found: bigint[] = [];
    for (
      let at = this.#reader.u64(head);
      at !== head && at !== 0n && found.length < MAX_TASKS;
      at = this.#reader.u64(at)
    ) {
      found.push(BigInt.asUintN(64, at - member));
    }
    return found;
  }

  #describe(address: bigint): TaskInfo {
    const { task } = this.layouts;
    const number = (name: Parameters<typeof task.number>[2]): number => task.number(this.#reader, address, name);
    return {
      address,
      pid: number('pid'),
      tgid: number('tgid'),
      comm: this.#reader.string(address + task.offset('comm'), COMM_LENGTH),
      state: taskStateLetter(number('state'), number('exitState')),
      isKernelThread: task.read(this.#reader, address, 'mm') === 0n,
    };
  }

  /** A string of unknown length: it may end just before memory does. */
  #string(address: bigint): string {
    let text = '';
    for (let at = address; text.length < NAME_LIMIT; at++) {
      const [byte] = this.#reader.bytes(at, 1);
      if (byte === 0) break;
      text += String.fromCharCode(byte);
    }
    return text;
  }
}
