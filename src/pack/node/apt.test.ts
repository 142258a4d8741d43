import { describe, expect, it } from 'vitest';
import { explainFetch } from './apt.ts';
import { BuildError } from './build-error.ts';

function told(output: string): string {
  return (explainFetch('xen', new BuildError(`apt-get download xen\nended with status 100:\n${output}`)) as Error)
    .message;
}

describe('a package that cannot be fetched', () => {
  it('has moved on when the archive does not have it any more', () => {
    expect(told('Err:1 http://deb.debian.org/debian bookworm/main xen\n  404  Not Found')).toContain(
      'xen has moved on in the archive',
    );
  });

  it('is out of reach without a network, and the reason is named', () => {
    expect(told("Err:1 http://x InRelease\n  Temporary failure resolving 'deb.debian.org'\nE: Failed")).toBe(
      "The Debian archive cannot be reached (Temporary failure resolving 'deb.debian.org'). The first build needs the network; what is already fetched is kept.",
    );
  });

  it('keeps what apt said when it is something else', () => {
    expect(told('E: Unmet dependencies')).toContain('Unmet dependencies');
  });
});
