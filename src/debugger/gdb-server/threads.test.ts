import { describe, expect, it } from 'vitest';
import { formatThread, parseThread, selects, XEN_PID } from './threads.ts';

describe('thread ids', () => {
  it('name process and thread in hexadecimal', () => {
    expect(formatThread({ pid: XEN_PID, tid: 12 }, true)).toBe('p7ff3.c');
    expect(formatThread({ pid: 2, tid: 12 }, false)).toBe('c');
  });

  it.each([
    ['p2.1', { pid: 2, tid: 1 }],
    ['p7ff3.c', { pid: XEN_PID, tid: 12 }],
    ['p2', { pid: 2, tid: -1 }],
    ['p-1.-1', { pid: -1, tid: -1 }],
    ['p0.0', { pid: 0, tid: 0 }],
    ['-1', { pid: 3, tid: -1 }],
    ['a', { pid: 3, tid: 10 }],
  ])('%s is read', (text, thread) => {
    expect(parseThread(text, 3)).toEqual(thread);
  });

  it.each(['', 'p', 'p2.', 'x', '1.2', 'p1.2.3'])('%j is none', (text) => {
    expect(parseThread(text, 3)).toBeUndefined();
  });

  it('may mean all or any', () => {
    const thread = { pid: 2, tid: 1 };
    expect(selects({ pid: -1, tid: -1 }, thread)).toBe(true);
    expect(selects({ pid: 2, tid: 0 }, thread)).toBe(true);
    expect(selects({ pid: 2, tid: 2 }, thread)).toBe(false);
    expect(selects({ pid: 1, tid: -1 }, thread)).toBe(false);
  });
});
