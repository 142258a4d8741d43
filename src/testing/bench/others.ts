/** What `npm run bench -- --only NAME` measures or proves without QEMU. Each prints its own figures and rejects when they are not as they must be. */
import type { Options } from './options.ts';

/** By name; a module is loaded only when it is asked for. */
export const OTHERS: Readonly<Record<string, (options: Options) => Promise<void>>> = {
  endurance: async (options) => (await import('./endurance.ts')).endure(options),
  fuzz: async () => (await import('./fuzz.ts')).fuzz(),
  hashes: async (options) => (await import('./hashes.ts')).compareHashes(options),
  timeline: async () => (await import('./timeline.ts')).benchTimeline(),
  ui: async () => (await import('./ui.ts')).measureUi(),
  lookups: async () => (await import('./lookups.ts')).benchLookups(),
  recording: async () => (await import('./recording.ts')).benchRecording(),
};
