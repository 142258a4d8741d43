/** Stacks and variables as stock gdb-multiarch finds them through our own server: registers and memory are ours, unwinding and DWARF its own. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { System } from '../debugger/contexts/system.ts';
import type { ThreadId } from '../debugger/gdb-server/threads.ts';
import { talk } from '../headless/gdb.ts';

/** A variable of a frame: gdb's text for numbers, pointers and enumerators; `@` and the address for what is larger. */
export interface GdbVariable {
  readonly name: string;
  readonly value: string;
}

export interface GdbFrame {
  /** Null where gdb knows no function. */
  readonly name: string | null;
  readonly pc: bigint;
  readonly isInline: boolean;
  /** Base name of the file; null where gdb knows no line. */
  readonly file: string | null;
  readonly line: number;
  readonly locals: readonly GdbVariable[];
}

const SCRIPT = `
import gdb, json, os, sys
M = (1 << 64) - 1
for c in ('set pagination off', 'set confirm off', 'set width 0', 'set print object off', 'set print symbol off', 'set print frame-arguments none', 'set remotetimeout 60'): gdb.execute(c)
SCALAR = (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_ENUM, gdb.TYPE_CODE_BOOL, gdb.TYPE_CODE_CHAR)
def text(v):
    if v.is_optimized_out: return '<optimized out>'
    t = v.type.strip_typedefs()
    if t.code in SCALAR:
        # Reading first: what is lazy would be optimised out without a word.
        v.fetch_lazy()
        if v.is_optimized_out: return '<optimized out>'
        if 'synthetic' in v.format_string(): return '?'
        return hex(int(v) & M) if t.code == gdb.TYPE_CODE_PTR else str(int(v))
    return '@' + hex(int(v.address) & M) if v.address is not None else '?'
def locals_of(frame):
    out, seen = [], set()
    try: block = frame.block()
    except RuntimeError: return out
    while block is not None and not block.is_static and not block.is_global:
        for s in block:
            if (s.is_variable or s.is_argument) and s.name not in seen:
                seen.add(s.name)
                try: value = text(frame.read_var(s, block))
                except Exception as e: value = '!' + str(e)
                out.append({'name': s.name, 'value': value})
        if block.function is not None: break
        block = block.superblock
    return out
def frames_of(frame, depth):
    out = []
    while frame is not None and len(out) < 48:
        if frame.type() != gdb.TAILCALL_FRAME:
            sal = frame.find_sal()
            out.append({'name': frame.name(), 'pc': str(frame.pc()), 'isInline': frame.type() == gdb.INLINE_FRAME,
                'file': os.path.basename(sal.symtab.filename) if sal.symtab else None, 'line': sal.line,
                'locals': locals_of(frame) if len(out) < depth else []})
        try: frame = frame.older()
        except gdb.error: break
    return out
def stack(request):
    gdb.execute('target extended-remote 127.0.0.1:%d' % request['port'], to_string=True)
    try:
        if gdb.selected_inferior().pid != request['pid']:
            gdb.execute('detach', to_string=True)
            gdb.execute('attach %d' % request['pid'], to_string=True)
        for t in gdb.selected_inferior().threads():
            if t.ptid[1] == request['tid']: t.switch()
        return {'frames': frames_of(gdb.newest_frame(), request['depth'])}
    finally: gdb.execute('disconnect', to_string=True)
gdb.execute('file ' + FILE)
for line in iter(sys.stdin.readline, ''):
    try: answer = stack(json.loads(line))
    except Exception as e: answer = {'error': repr(e)}
    sys.stdout.write('@' + json.dumps(answer) + chr(10))
    sys.stdout.flush()
`;

type RawFrame = Omit<GdbFrame, 'pc'> & { readonly pc: string };

/** One gdb with one symbol file, asked again and again. */
export class GdbStacks {
  readonly #folder = mkdtempSync(join(tmpdir(), 'trapline-gdb-'));
  readonly #gdb: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  constructor(symbols: string) {
    const script = join(this.#folder, 'stacks.py');
    writeFileSync(script, `FILE = ${JSON.stringify(symbols)}\n${SCRIPT}`);
    this.#gdb = spawn('gdb-multiarch', ['-nx', '-batch', '-x', script]);
    this.#gdb.stderr.resume();
    this.#answers = createInterface(this.#gdb.stdout)[Symbol.asyncIterator]();
  }

  /** The stack of a thread now; the variables of its `depth` youngest frames. */
  async stack(system: System, thread: ThreadId, depth: number): Promise<GdbFrame[]> {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    this.#gdb.stdin.write(`${JSON.stringify({ ...thread, port, depth })}\n`);
    const [socket] = (await once(listener, 'connection')) as [Socket];
    const [answer] = await Promise.all([this.#answer(), talk(system, socket)]);
    listener.close();
    return answer.map((frame) => ({ ...frame, pc: BigInt(frame.pc) }));
  }

  close(): void {
    this.#gdb.stdin.end();
    rmSync(this.#folder, { recursive: true });
  }

  async #answer(): Promise<RawFrame[]> {
    for (;;) {
      const { value, done } = await this.#answers.next();
      if (done === true) throw new Error('gdb has gone away');
      if (!value.startsWith('@')) continue;
      const answer = JSON.parse(value.slice(1)) as { frames?: RawFrame[]; error?: string };
      if (!answer.frames) throw new Error(`gdb: ${answer.error}`);
      return answer.frames;
    }
  }
}
