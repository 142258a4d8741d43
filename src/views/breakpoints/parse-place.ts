/** What a person may type to say where a breakpoint stops. */
import { type AddressSpace, parseLocation } from '../../protocol/address.ts';
import { type BreakpointPlace, EXCEPTION_KINDS } from '../../protocol/breakpoints.ts';
import type { Scope } from '../../protocol/target.ts';

const EXCEPTION = new RegExp(`^(${EXCEPTION_KINDS.join('|')})(?:\\s*#?\\s*(0x[0-9a-f]+|\\d+))?$`, 'i');
const LINE = /^(.+\.[A-Za-z]+):(\d+)$/;
const DATA = /^(read|write|access|change)\s+(\S+)(?:\s+(\d+))?$/i;
const FUNCTION = /^[A-Za-z_.$][\w.$]*$/;
const ACCESS = { read: 'read', write: 'write', access: 'readWrite', change: 'change' } as const;

/** The space that an address alone is in, under a scope. */
function spaceOfScope(scope: Scope): AddressSpace {
  if (scope.kind === 'domain' || scope.kind === 'vcpu') return { kind: 'guest', domain: scope.domain, el: 1 };
  if (scope.kind === 'task') return { kind: 'guest', domain: scope.domain, el: 0 };
  return scope.kind === 'cpu' ? { kind: 'cpu', cpu: scope.cpu } : { kind: 'xen' };
}

function parseException(text: string): BreakpointPlace | undefined {
  const match = EXCEPTION.exec(text);
  const exception = EXCEPTION_KINDS.find((name) => name.toLowerCase() === match?.[1].toLowerCase());
  if (!match || !exception) return undefined;
  return match[2] === undefined
    ? { kind: 'exception', exception }
    : { kind: 'exception', exception, immediate: Number(match[2]) };
}

function parseData(text: string, scope: Scope): BreakpointPlace | undefined {
  const match = DATA.exec(text);
  const location = match && parseLocation(match[2], spaceOfScope(scope));
  if (!match || !location) return undefined;
  const access = ACCESS[match[1].toLowerCase() as keyof typeof ACCESS];
  return { kind: 'data', location, size: Number(match[3] ?? 8), access };
}

/** `major_show`, `traps.c:1200`, `d1:EL1:0xffff...`, `HVC #0xea1`, `write d1:EL1:0x... 8`. */
export function parsePlace(input: string, scope: Scope): BreakpointPlace | undefined {
  const text = input.trim();
  const line = LINE.exec(text);
  if (line) return { kind: 'line', path: line[1], line: Number(line[2]) };
  const special = parseException(text) ?? parseData(text, scope);
  if (special) return special;
  const isAddress = text.includes(':') || /^0x/i.test(text);
  const location = isAddress ? parseLocation(text, spaceOfScope(scope)) : undefined;
  if (location) return { kind: 'address', location };
  return FUNCTION.test(text) ? { kind: 'function', name: text } : undefined;
}
