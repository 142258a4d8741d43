/** Where Linux' structures have what we read of them: from its debugging information, whatever the version. */
import { Layout } from '../../debugger/contexts/layout.ts';
import type { SymbolFile } from '../../debugger/symbols/symbol-file.ts';

const TASK = {
  tasks: 'tasks',
  pid: 'pid',
  tgid: 'tgid',
  comm: 'comm',
  state: ['__state', 'state'],
  exitState: 'exit_state',
  mm: 'mm',
  stack: 'stack',
  signal: 'signal',
  threadNode: 'thread_node',
} as const;

export type LinuxLayouts = Awaited<ReturnType<typeof linuxLayouts>>;

/** Reads the layouts. Throws `LayoutError` when this cannot be a kernel's symbol file. */
export async function linuxLayouts(symbols: SymbolFile) {
  const address = (name: string): bigint | undefined => symbols.symbols.named(name).at(0)?.value;
  return {
    task: await Layout.of(symbols, 'struct task_struct', TASK),
    signal: await Layout.of(symbols, 'struct signal_struct', { threads: 'thread_head' }),
    mm: await Layout.of(symbols, 'struct mm_struct', { pgd: 'pgd', exe: 'exe_file', startCode: 'start_code' }),
    file: await Layout.of(symbols, 'struct file', { dentry: 'f_path.dentry' }),
    dentry: await Layout.of(symbols, 'struct dentry', { name: 'd_name.name' }),
    userRegisters: (await symbols.typeByName('struct pt_regs'))?.byteSize ?? 0,
    stackSize: await stackSize(symbols),
    initTask: address('init_task'),
    vectors: address('vectors'),
    banner: address('linux_banner'),
    /** Offset from a CPU's per-CPU base (TPIDR_EL1): the task that runs there, kept for the entry code. */
    entryTask: address('__entry_task'),
  };
}

/** Bytes of a task's kernel stack: the first one is laid out by the linker script. */
async function stackSize(symbols: SymbolFile): Promise<number> {
  const [start, end] = ['__start_init_task', '__end_init_task'].map((name) => symbols.symbols.named(name).at(0)?.value);
  if (start !== undefined && end !== undefined && end > start) return Number(end - start);
  return (await symbols.typeByName('union thread_union'))?.byteSize ?? 0;
}
