/** `npm run headless`: the machine without a page. Exit status 0: all steps done; 1: a step could not be met; 2: bad arguments, pack or state file. */
import { readFileSync, writeSync } from 'node:fs';
import type { ConsoleId } from '../awareness/consoles.ts';
import { SnapshotError } from '../emulator/snapshot-file.ts';
import { Profile } from '../emulator/profile.ts';
import { type Pack, loadPack } from '../pack/load.ts';
import { FolderFiles } from '../pack/node/folder-files.ts';
import { ProbeError } from '../trace/probe-spec.ts';
import { PackError } from '../pack/pack-error.ts';
import { type Arguments, ENGINES, parseArguments, type Step, USAGE, UsageError } from './arguments.ts';
import { CommandFiles } from './command-file.ts';
import { ConsoleEcho } from './console-echo.ts';
import { GdbPortError, serveGdb } from './gdb.ts';
import { profileText } from './profile-text.ts';
import { Runner, StepError } from './runner.ts';
import { startTrace, type TraceRun, type TraceSummary } from './trace.ts';

/** Ends the program with a message. */
class Failure extends Error {
  constructor(
    readonly status: 1 | 2,
    message: string,
  ) {
    super(message);
  }
}

async function main(): Promise<void> {
  const args = parseArguments(process.argv.slice(2));
  if (args.wantsHelp) {
    console.log(USAGE);
    return;
  }
  const echo = new ConsoleEcho(args.isQuiet);
  const profile = args.wantsProfile ? new Profile(() => performance.now()) : undefined;
  const runner = new Runner(args.limit, (id, bytes) => echo.print(id, bytes), profile);
  const threshold = ENGINES[args.engine];
  if (threshold !== undefined) runner.machine.translator.threshold = threshold;
  const pack = await prepare(runner, args);
  const context: StepContext = { runner, args };
  const steps = [...args.steps.entries()];
  // Probes need the guests in memory: a first --load comes before the trace.
  const first = pack ? 0 : 1;
  let failure = await runSteps(context, steps.slice(0, first));
  if (args.trace && !failure) context.trace = await startTrace(runner, pack ?? (await openPack(args)), args.trace);
  failure ??= await runSteps(context, steps.slice(first));
  const traced = context.trace?.finish();
  echo.finish();
  // Standard output is the report's.
  if (profile) console.error(profileText(runner.machine, profile, runner.report(false, [])));
  printReport(runner, args, pack, traced);
  if (failure) throw failure;
}

/** Brings the machine to its start, unless the first step does. */
async function prepare(runner: Runner, args: Arguments): Promise<Pack | undefined> {
  if (!args.isCold && args.steps[0]?.kind === 'load') return undefined;
  const pack = await openPack(args);
  checkConsoles(args.steps, pack);
  if (args.isCold) {
    runner.coldBoot(await pack.images(), pack.manifest.entry);
    return pack;
  }
  const snapshot = await pack.snapshot();
  if (!snapshot) throw new Failure(2, `${args.pack} has no boot snapshot: use --cold, or build the pack anew`);
  runner.load(snapshot);
  return pack;
}

/** A step that waits for a console that there never is would not end. */
function checkConsoles(steps: readonly Step[], { manifest }: Pack): void {
  const known = ['xen', ...manifest.domains.map(({ domid }) => `d${domid}`)];
  for (const step of steps) {
    if ((step.kind !== 'until' && step.kind !== 'type') || known.includes(step.console)) continue;
    throw new Failure(2, `--${step.kind}: the pack has no domain for console ${step.console} (${known.join(', ')})`);
  }
}

/** The first failure; the report is printed all the same. */
async function runSteps(
  context: StepContext,
  steps: readonly (readonly [number, Step])[],
): Promise<Failure | undefined> {
  for (const [index, step] of steps) {
    try {
      await runStep(context, step);
      if (step.kind === 'load') context.trace?.begin();
    } catch (error) {
      return stepFailure(error, `step ${index + 1} (--${step.kind})`, context.runner);
    }
  }
  return undefined;
}

async function runStep(context: StepContext, step: Step): Promise<void> {
  const { runner, args } = context;
  if (step.kind === 'gdb') await serveGdb(runner, await openPack(args), step.port);
  else if (step.kind === 'commands') {
    context.commands ??= await commandFiles(runner, args);
    await context.commands.execute(step.file, readFileSync(step.file, 'utf8'));
  } else runner.step(step);
}

/** What the steps of a run share. */
interface StepContext {
  readonly runner: Runner;
  readonly args: Arguments;
  commands?: CommandFiles;
  trace?: TraceRun;
}

function openPack(args: Arguments): Promise<Pack> {
  return loadPack(new FolderFiles(args.pack));
}

async function commandFiles(runner: Runner, args: Arguments): Promise<CommandFiles> {
  const print = (text: string): void => writeAll(1, `${text}\n`);
  return new CommandFiles({ ...runner.commandHost, print }, await openPack(args), args.limit);
}

function stepFailure(error: unknown, where: string, runner: Runner): Failure {
  if (error instanceof StepError) {
    const count = runner.machine.instructions.toLocaleString('en');
    return new Failure(1, `${where} failed: ${error.message}\nAfter ${count} instructions:\n${runner.describeCpus()}`);
  }
  if (error instanceof GdbPortError || error instanceof SnapshotError || isFileError(error))
    return new Failure(2, `${where}: ${error.message}`);
  throw error;
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

function printReport(runner: Runner, args: Arguments, pack: Pack | undefined, trace?: TraceSummary): void {
  const domains = pack?.manifest.domains.map(({ domid }): ConsoleId => `d${domid}`) ?? ['d0', 'd1', 'd2'];
  const report = runner.report(args.wantsHash, ['xen', ...domains]);
  if (args.wantsJson) {
    writeAll(1, `${JSON.stringify({ ...report, trace })}\n`);
    return;
  }
  const { instructions, seconds, mips, virtualSeconds, hash, unmodelled } = report;
  const speed = `${seconds.toFixed(2)} s, ${mips.toFixed(1)} MIPS, ${virtualSeconds.toFixed(3)} s of virtual time`;
  console.log(`${instructions.toLocaleString('en')} instructions; ${speed}`);
  if (unmodelled.length > 0)
    console.log(`${unmodelled.length} kinds of accesses outside the model (--json lists them)`);
  if (hash) console.log(`hash ${hash}`);
}

/** Standard output may be a pipe that takes less at a time. */
function writeAll(fd: number, text: string): void {
  let bytes = Buffer.from(text);
  while (bytes.length > 0) bytes = bytes.subarray(writeSync(fd, bytes));
}

function explain(error: unknown): { readonly message: string; readonly status: number } {
  if (error instanceof Failure) return error;
  if (error instanceof UsageError) return { message: `${error.message}\n\n${USAGE}`, status: 2 };
  if (error instanceof PackError || error instanceof SnapshotError || error instanceof ProbeError)
    return { message: error.message, status: 2 };
  return { message: error instanceof Error ? (error.stack ?? error.message) : String(error), status: 2 };
}

main().catch((error: unknown) => {
  const { message, status } = explain(error);
  console.error(message);
  process.exitCode = status;
});
