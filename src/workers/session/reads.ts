/** What a stop lets the page read and write: registers, memory, stacks, variables, tables of domains. */
import type { MemoryBlock } from '../../protocol/inspect.ts';
import type { ReadFunctions } from '../../protocol/session.ts';
import type { Target } from '../../protocol/target.ts';
import { readCode } from '../code-reader.ts';
import type { GuestView } from '../guest-view.ts';
import { findInMemory } from '../memory-search.ts';
import { explainTranslation } from '../translation.ts';
import type { SessionCore } from './core.ts';
import type { Stops } from './stops.ts';

export function readFunctions(core: SessionCore, stops: Stops): ReadFunctions {
  const viewAt = async (stopId: number): Promise<GuestView> => {
    await stops.reading(stopId);
    return core.view;
  };
  const stoppedTarget = (): Target => stops.current?.target ?? { kind: 'cpu', cpu: 0 };
  return {
    registers: async (stopId, target) => (await stops.reading(stopId)).registers(target),
    writeRegister: async (stopId, target, name, value) => {
      stops.writing(stopId).writeRegister(target, name, value);
      core.events.status(core.status.sample(false));
    },
    readMemory: async (stopId, location, length) => (await viewAt(stopId)).read(location, length),
    writeMemory: async (stopId, location, bytes) => {
      stops.writing(stopId);
      core.view.write(location, bytes);
    },
    findMemory: async (stopId, from, pattern, length, backwards) => {
      const view = await viewAt(stopId);
      const read = (...where: Parameters<GuestView['read']>): MemoryBlock => view.read(...where);
      return findInMemory(read, from, pattern, length, backwards);
    },
    overlay: async (stopId, location, type) => (await stops.reading(stopId)).overlay(location, type),
    disassemble: async (stopId, ...range) => readCode(await viewAt(stopId), ...range),
    translate: async (stopId, location) => explainTranslation(await viewAt(stopId), location),
    stackTrace: async (stopId, target) => (await stops.reading(stopId)).stack(target),
    scopes: async (stopId, frameId) => (await stops.reading(stopId)).scopes(frameId),
    variables: async (stopId, reference) => (await stops.reading(stopId)).variables(reference),
    inlineValues: async (stopId, frameId) => (await stops.reading(stopId)).inlineValues(frameId),
    evaluate: async (stopId, frameId, expression) => {
      return (await stops.reading(stopId)).evaluate(frameId, expression, stoppedTarget());
    },
    setExpression: async (stopId, frameId, expression, value) => {
      return stops.writing(stopId).evaluate(frameId, `${expression} = ${value}`, stoppedTarget());
    },
    domains: async (stopId) => (await stops.reading(stopId)).domains(),
    vcpus: async (stopId) => (await stops.reading(stopId)).vcpus(),
    tasks: async (stopId, domid) => (await stops.reading(stopId)).tasks(domid),
  };
}
