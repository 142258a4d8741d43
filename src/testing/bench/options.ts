/** The command line of the bench. */
import { type Engine, ENGINES } from './our-machine.ts';

export interface Options {
  readonly json: boolean;
  /** Names of what to measure; empty for everything that compares with QEMU. */
  readonly only: readonly string[];
  /** Chromium first: it decides. */
  readonly engines: readonly Engine[];
  readonly runs: number;
  readonly commit: boolean;
}

function usage(compared: readonly string[], others: readonly string[]): string {
  return `Usage: npm run bench -- [--json] [--only NAME]... [--engine node|chromium] [--runs N] [--commit]
  --json      print the results as one JSON array, the last line
  --only      only these: ${compared.join(', ')};
              or what is not compared with QEMU: ${others.join(', ')}
  --engine    only in this engine (default: both, Chromium decides)
  --runs N    times each is run on each (default 3); the medians count
  --commit    write the results to the file of last results`;
}

/** Throws an `Error` with the usage when the words are not understood. */
export function readOptions(words: readonly string[], compared: readonly string[], others: readonly string[]): Options {
  const options = { json: false, only: [] as string[], engines: ENGINES as readonly Engine[], runs: 3, commit: false };
  const names = new Set([...compared, ...others]);
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === '--json') options.json = true;
    else if (word === '--commit') options.commit = true;
    else if (word === '--only' && names.has(words[i + 1])) options.only.push(words[++i]);
    else if (word === '--runs' && Number(words[i + 1]) >= 1) options.runs = Number(words[++i]);
    else if (word === '--engine' && isEngine(words[i + 1])) options.engines = [words[++i] as Engine];
    else throw new Error(`${word} ${words[i + 1] ?? ''}: not understood\n${usage(compared, others)}`);
  }
  return options;
}

function isEngine(word: string | undefined): boolean {
  return ENGINES.some((engine) => engine === word);
}
