/** Steps a program instruction by instruction under QEMU's user mode and records what gdb says about the stack at each. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTool } from './cross-compile.ts';

/** A frame as gdb unwound it; functions inlined into it, and frames that gdb infers from tail calls, are left out. */
export interface TracedFrame {
  readonly name: string | null;
  readonly pc: bigint;
  readonly sp: bigint;
  /** X19-X30. */
  readonly saved: readonly bigint[];
}

/** A variable of the innermost frame: gdb's text for it. */
export interface TracedVariable {
  readonly name: string;
  readonly value: string;
}

/** The program before one instruction. */
export interface TracedStep {
  /** X0-X30, SP, PC. */
  readonly registers: readonly bigint[];
  /** Youngest first, up to `main`. */
  readonly frames: readonly TracedFrame[];
  readonly locals: readonly TracedVariable[];
  /** D0-D7. */
  readonly vectors: readonly bigint[];
  /** Memory from SP up. */
  readonly stack: Uint8Array;
}

const SCRIPT = `
import gdb, json
M = (1 << 64) - 1
for c in ('set pagination off', 'set confirm off', 'set backtrace past-main off', 'set print object off', 'set width 0'): gdb.execute(c)
gdb.execute('target remote ' + SOCKET)
gdb.execute('break *&main')
gdb.execute('continue')
top = (int(gdb.newest_frame().read_register('sp')) & M) + 1024
names = ['x%d' % i for i in range(31)] + ['sp', 'pc']
def locals_of(frame):
    out, seen = [], set()
    try: block = frame.block()
    except RuntimeError: return out
    while block is not None:
        for s in block:
            if (s.is_variable or s.is_argument) and s.name not in seen:
                seen.add(s.name)
                try: v = frame.read_var(s, block).format_string(max_elements=8, repeat_threshold=0)
                except Exception as e: v = '<error: %s>' % e
                out.append({'name': s.name, 'value': v})
        if block.function is not None: break
        block = block.superblock
    return out
with open(OUT, 'w') as out:
    for n in range(COUNT):
        f = gdb.newest_frame()
        registers = [str(int(f.read_register(r)) & M) for r in names]
        vectors = [str(int(gdb.parse_and_eval('$d%d.u' % i))) for i in range(8)]
        frames = []
        g = f
        while g is not None and len(frames) < 40:
            if g.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME):
                saved = [str(int(g.read_register('x%d' % i)) & M) for i in range(19, 31)]
                frames.append({'pc': str(g.pc()), 'sp': str(int(g.read_register('sp')) & M), 'saved': saved, 'name': g.name()})
            if g.name() == 'main' and g.type() != gdb.INLINE_FRAME: break
            g = g.older()
        if frames[-1]['name'] != 'main': break
        sp = int(registers[31])
        stack = bytes(gdb.selected_inferior().read_memory(sp, top - sp)).hex()
        out.write(json.dumps({'registers': registers, 'frames': frames, 'locals': locals_of(f), 'vectors': vectors, 'stack': stack}) + chr(10))
        try: gdb.execute('stepi', to_string=True)
        except gdb.error: break
`;

interface RawStep {
  readonly registers: readonly string[];
  readonly frames: readonly {
    readonly name: string | null;
    readonly pc: string;
    readonly sp: string;
    readonly saved: string[];
  }[];
  readonly locals: readonly TracedVariable[];
  readonly vectors: readonly string[];
  readonly stack: string;
}

/** Steps the static program at `path` from its `main` on, for at most `count` instructions. */
export function traceSteps(path: string, count: number): TracedStep[] {
  const folder = mkdtempSync(join(tmpdir(), 'trapline-trace-'));
  const [socket, output, script] = ['socket', 'steps', 'trace.py'].map((name) => join(folder, name));
  const settings = `SOCKET = ${JSON.stringify(socket)}\nOUT = ${JSON.stringify(output)}\nCOUNT = ${count}\n`;
  writeFileSync(script, settings + SCRIPT);
  const qemu = spawn('qemu-aarch64-static', ['-g', socket, path], { stdio: 'ignore' });
  try {
    // The shell waits until QEMU listens: gdb does not try twice.
    const wait = `for i in $(seq 100); do [ -S ${socket} ] && break; sleep 0.05; done`;
    runTool('sh', ['-c', `${wait}; exec gdb-multiarch -nx -batch -ex 'source ${script}' ${path}`]);
    return readFileSync(output, 'utf8')
      .trim()
      .split('\n')
      .map((line) => parseStep(JSON.parse(line) as RawStep));
  } finally {
    qemu.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

function parseStep(raw: RawStep): TracedStep {
  return {
    registers: raw.registers.map(BigInt),
    frames: raw.frames.map((it) => ({
      name: it.name,
      pc: BigInt(it.pc),
      sp: BigInt(it.sp),
      saved: it.saved.map(BigInt),
    })),
    locals: raw.locals,
    vectors: raw.vectors.map(BigInt),
    stack: new Uint8Array(Buffer.from(raw.stack, 'hex')),
  };
}
