/** The command line of the headless runner. */
import type { ConsoleId } from '../awareness/consoles.ts';
import { TIMELINE_FORMATS } from '../workers/tracing.ts';

export const USAGE = `Usage: npm run -s headless -- [--pack DIR] [--cold] [steps, in order ...] [--hash] [--json]

  --pack DIR          the guest pack (default: public/packs/default)
  --cold              boot from the first instruction instead of the pack's boot snapshot
  --hash              print the hash of the machine's state at the end
  --json              print one JSON object as the last line
  --quiet             do not show on standard error what the consoles print
  --profile           print where the time went
  --limit N           give up after N instructions in all
  --engine E          interpreter, translator (everything at once) or mixed (what is hot; the default): the same states, at other speeds

  --trace FILE        record the run's timelines and write them to FILE
  --trace-format F    perfetto (the default), chrome, csv (statistics); etm (every instruction of one pCPU, slow) or
                      stp (stores to the System Trace Macrocell), for which FILE is a folder that OpenCSD reads
  --trace-cpu N       the pCPU of etm (default: 0)
  --trace-budget N    keep N MiB of events (default: 256; 32 bytes an event); then the oldest are dropped, and counted
  --probe SPEC        record the calls of a function too: xen:FUNCTION, dN:FUNCTION or dN:EL0:FUNCTION, then /N for N arguments;
                      may be given several times

Steps:
  --until T REGEX     run until console T (xen, d0, d1, d2) has printed a match since the previous step
                      (since the last --until T when steps that wait for other consoles came between)
  --type T TEXT       send TEXT to console T (\\n, \\t, \\x.. escapes)
  --commands FILE     carry out the lines of FILE in the debugger's command console; its output goes to standard output
  --instructions N    run exactly N more instructions (all CPUs together)
  --save FILE         write the exact machine state
  --load FILE         go on from a state that --save wrote
  --replay FILE       repeat what led to a state that --save wrote, from a state before it: the same input at the same instructions,
                      up to the same count
  --gdb PORT          wait for GDB at PORT of this machine (0: a free one, which is printed) and obey it until it detaches or kills
                      (monitor says what GDB has no commands for; info os processes lists what can be attached to)`;

/** One step of a run. */
export type Step =
  | MachineStep
  | { readonly kind: 'commands'; readonly file: string }
  | { readonly kind: 'gdb'; readonly port: number };

/** A step that needs only the machine. */
export type MachineStep =
  | { readonly kind: 'until'; readonly console: ConsoleId; readonly pattern: RegExp }
  | { readonly kind: 'type'; readonly console: ConsoleId; readonly text: string }
  | { readonly kind: 'instructions'; readonly count: number }
  | { readonly kind: 'save'; readonly file: string }
  | { readonly kind: 'load'; readonly file: string }
  | { readonly kind: 'replay'; readonly file: string };

/** How much is translated, and from how many samples on. */
export const ENGINES = { interpreter: Infinity, mixed: undefined, translator: 1 } as const;
export type Engine = keyof typeof ENGINES;

const TRACE_FORMATS = [...TIMELINE_FORMATS, 'etm', 'stp'] as const;
export type TraceFormat = (typeof TRACE_FORMATS)[number];

/** What `--trace` is to record and write. */
export interface TraceRequest {
  readonly file: string;
  readonly format: TraceFormat;
  /** pCPU of an instruction trace. */
  readonly cpu: number;
  readonly probes: readonly string[];
  /** Bytes of events to keep. */
  readonly budget: number;
}

/** A whole command line. */
export interface Arguments {
  readonly pack: string;
  readonly isCold: boolean;
  readonly steps: readonly Step[];
  readonly wantsHash: boolean;
  readonly wantsJson: boolean;
  readonly isQuiet: boolean;
  readonly wantsProfile: boolean;
  /** Instructions in all, this run only. */
  readonly limit: number;
  readonly engine: Engine;
  readonly trace: TraceRequest | undefined;
  readonly wantsHelp: boolean;
}

/** The command line is wrong. */
export class UsageError extends Error {}

const MIB = 2 ** 20;
const DEFAULT_PACK = 'public/packs/default';

/** Reads a command line (without program names). Throws `UsageError`. */
export function parseArguments(words: readonly string[]): Arguments {
  const reader = new WordReader(words);
  const steps: Step[] = [];
  const options = {
    pack: DEFAULT_PACK,
    isCold: false,
    wantsHash: false,
    wantsJson: false,
    isQuiet: false,
    wantsProfile: false,
  };
  let limit = Infinity;
  let engine: Engine = 'mixed';
  let wantsHelp = false;
  const trace = { file: '', format: 'perfetto' as TraceFormat, cpu: 0, probes: [] as string[], budget: 256 * MIB };
  for (let word = reader.take(); word !== undefined; word = reader.take()) {
    const step = readStep(word, reader);
    if (step) steps.push(step);
    else if (word === '--pack') options.pack = reader.value(word);
    else if (word === '--limit') limit = reader.count(word);
    else if (word === '--engine') engine = reader.engine(word);
    else if (word === '--trace') trace.file = reader.value(word);
    else if (word === '--trace-format') trace.format = reader.traceFormat(word);
    else if (word === '--trace-cpu') trace.cpu = reader.cpu(word);
    else if (word === '--trace-budget') trace.budget = reader.count(word) * MIB;
    else if (word === '--probe') trace.probes.push(reader.value(word));
    else if (word === '--cold') options.isCold = true;
    else if (word === '--hash') options.wantsHash = true;
    else if (word === '--json') options.wantsJson = true;
    else if (word === '--quiet') options.isQuiet = true;
    else if (word === '--profile') options.wantsProfile = true;
    else if (word === '--help' || word === '-h') wantsHelp = true;
    else throw new UsageError(`${word} is not an option`);
  }
  if (trace.file === '' && trace.probes.length > 0) throw new UsageError('--probe needs --trace FILE');
  return { ...options, steps, limit, engine, trace: trace.file === '' ? undefined : trace, wantsHelp };
}

function readStep(word: string, reader: WordReader): Step | undefined {
  switch (word) {
    case '--until':
      return { kind: 'until', console: reader.console(word), pattern: reader.pattern(word) };
    case '--type':
      return { kind: 'type', console: reader.console(word), text: unescape(reader.value(word)) };
    case '--instructions':
      return { kind: 'instructions', count: reader.count(word) };
    case '--commands':
      return { kind: 'commands', file: reader.value(word) };
    case '--save':
      return { kind: 'save', file: reader.value(word) };
    case '--load':
      return { kind: 'load', file: reader.value(word) };
    case '--replay':
      return { kind: 'replay', file: reader.value(word) };
    case '--gdb':
      return { kind: 'gdb', port: reader.port(word) };
    default:
      return undefined;
  }
}

class WordReader {
  private at = 0;

  constructor(private readonly words: readonly string[]) {}

  take(): string | undefined {
    return this.words[this.at++];
  }

  value(option: string): string {
    const word = this.take();
    if (word === undefined) throw new UsageError(`${option} needs a value`);
    return word;
  }

  console(option: string): ConsoleId {
    const word = this.value(option);
    if (word !== 'xen' && !/^d\d{1,5}$/.test(word))
      throw new UsageError(`${option}: ${word} is no console (xen, d0, d1, ...)`);
    return word as ConsoleId;
  }

  traceFormat(option: string): TraceFormat {
    const word = this.value(option);
    const found = TRACE_FORMATS.find((format) => format === word);
    if (!found) throw new UsageError(`${option}: ${word} is none of ${TRACE_FORMATS.join(', ')}`);
    return found;
  }

  cpu(option: string): number {
    const word = this.value(option);
    if (!/^[0-3]$/.test(word)) throw new UsageError(`${option}: ${word} is no pCPU (0 to 3)`);
    return Number(word);
  }

  pattern(option: string): RegExp {
    const word = this.value(option);
    try {
      return new RegExp(word, 'm');
    } catch {
      throw new UsageError(`${option}: ${word} is not a regular expression`);
    }
  }

  engine(option: string): Engine {
    const word = this.value(option);
    if (!Object.hasOwn(ENGINES, word))
      throw new UsageError(`${option}: ${word} is none of ${Object.keys(ENGINES).join(', ')}`);
    return word as Engine;
  }

  port(option: string): number {
    const word = this.value(option);
    if (!/^\d{1,5}$/.test(word) || Number(word) > 65535)
      throw new UsageError(`${option}: ${word} is not a port number`);
    return Number(word);
  }

  count(option: string): number {
    const word = this.value(option);
    const count = Number(word.replaceAll('_', ''));
    if (!/^[\d_]+(\.\d+)?(e\d+)?$/.test(word) || !Number.isSafeInteger(count)) {
      throw new UsageError(`${option}: ${word} is not a whole number`);
    }
    return count;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', e: '\x1b', '\\': '\\' };

/** `\n`, `\r`, `\t`, `\e`, `\\` and `\xHH`. */
export function unescape(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{2}|.)/g, (whole, code: string) => {
    if (code.length === 3) return String.fromCharCode(parseInt(code.slice(1), 16));
    const found = ESCAPES[code];
    if (found === undefined) throw new UsageError(`--type: ${whole} is not an escape`);
    return found;
  });
}
