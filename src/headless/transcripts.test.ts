import { describe, expect, it } from 'vitest';
import { Transcripts } from './transcripts.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('transcripts', () => {
  it('tell when what is awaited has appeared, on its console only', () => {
    const transcripts = new Transcripts();
    expect(transcripts.await('d1', /# $/m)).toBe(false);
    expect(transcripts.append('d0', bytes('dom0 # '))).toBe(false);
    expect(transcripts.append('d1', bytes('domU1 '))).toBe(false);
    expect(transcripts.append('d1', bytes('# '))).toBe(true);
  });

  it('count only what came since they were told to forget', () => {
    const transcripts = new Transcripts();
    transcripts.append('d1', bytes('4\n'));
    transcripts.forget();
    expect(transcripts.await('d1', /4/m)).toBe(false);
    transcripts.append('d1', bytes('45'));
    expect(transcripts.await('d1', /4/m)).toBe(true);
  });

  it('remember what another console said during a wait, but not what was waited for', () => {
    const transcripts = new Transcripts();
    transcripts.await('d0', /dom0 # /m);
    transcripts.append('d1', bytes('domU1 # '));
    expect(transcripts.append('d0', bytes('dom0 # '))).toBe(true);
    transcripts.stopWaiting();
    expect(transcripts.await('d1', /domU1 # /m)).toBe(true);
    transcripts.stopWaiting();
    expect(transcripts.await('d0', /dom0 # /m)).toBe(false);
  });

  it('join characters that come byte by byte', () => {
    const transcripts = new Transcripts();
    for (const byte of bytes('ä')) transcripts.append('xen', Uint8Array.of(byte));
    expect(transcripts.all(['xen', 'd0'])).toEqual({ xen: 'ä', d0: '' });
  });
});
