/** What `npm run bench -- --only NAME` measures or proves without QEMU. Each prints its own figures and rejects when they are not as they must be. */

/** By name; a module is loaded only when it is asked for. */
export const OTHERS: Readonly<Record<string, () => Promise<void>>> = {
  ui: async () => (await import('./ui.ts')).measureUi(),
};
