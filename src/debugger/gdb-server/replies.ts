/** What answers mean, and documents in pieces. */
import { escapeBinary } from './packets.ts';
import type { ThreadInfo } from './targets.ts';

/** Largest payload, bytes. */
export const PACKET_SIZE = 0x4000;
export const UNSUPPORTED = '';
export const OK = 'OK';
/** Error numbers say nothing to GDB; these are errno's EPERM, ESRCH, EIO, EFAULT and EINVAL. */
export const ERROR = { notPermitted: 'E01', noThread: 'E03', io: 'E05', fault: 'E0e', invalid: 'E16' } as const;

/** `address,length` in hexadecimal. */
export function parseRange(text: string): { readonly address: bigint; readonly length: number } | undefined {
  const match = /^([0-9a-f]{1,16}),([0-9a-f]{1,8})$/i.exec(text);
  return match ? { address: BigInt(`0x${match[1]}`), length: parseInt(match[2], 16) } : undefined;
}

/** One piece of a document: `offset,length` in hexadecimal. */
export function transfer(document: string, rest: string): string {
  const range = parseRange(rest);
  if (!range) return ERROR.invalid;
  const offset = Number(range.address);
  const piece = document.slice(offset, offset + Math.min(range.length, PACKET_SIZE / 2));
  return `${offset + piece.length < document.length ? 'm' : 'l'}${escapeBinary(piece)}`;
}

/** `qXfer:threads:read`: threads with their names and what to say of them. */
export function threadDocument(threads: readonly ThreadInfo[], name: (thread: ThreadInfo) => string): string {
  const rows = threads.map(
    (thread) =>
      `<thread id="${name(thread)}" core="${thread.core}" name="${thread.name}">${escapeXml(thread.description)}</thread>`,
  );
  return `<?xml version="1.0"?>\n<threads>\n${rows.join('\n')}\n</threads>`;
}

const XML_ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** `text` within an element. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => XML_ENTITIES[character]);
}
