import { expect, it } from 'vitest';
import {
  decodeBreakpoints,
  decodeWorkspace,
  EMPTY_WORKSPACE,
  encodeBreakpoints,
  encodeWorkspace,
  type Workspace,
} from './persistence.ts';

const workspace: Workspace = {
  ...EMPTY_WORKSPACE,
  breakpoints: [
    { id: 'bp1', enabled: true, place: { kind: 'function', name: 'major_show' }, scope: { kind: 'domain', domain: 1 } },
    {
      id: 'bp2',
      enabled: false,
      place: {
        kind: 'data',
        location: { space: { kind: 'ipa', domain: 2 }, address: 1n << 47n },
        size: 8,
        access: 'change',
      },
      scope: { kind: 'any' },
      condition: 'x == 3',
    },
  ],
  watches: ['jiffies'],
};

it('reads back the workspace it wrote', () => {
  expect(decodeWorkspace(encodeWorkspace(workspace))).toEqual(workspace);
});

it('writes addresses in the notation people read', () => {
  expect(encodeWorkspace(workspace)).toContain('"d2:IPA:0x800000000000"');
});

it('says what is wrong with a foreign file', () => {
  expect(() => decodeWorkspace('no')).toThrow('it is not JSON');
  expect(() => decodeWorkspace('{"version":2}')).toThrow(/version/);
});

it('refuses an address that is none', () => {
  const text = encodeWorkspace(workspace).replace('d2:IPA:0x800000000000', 'somewhere');
  expect(() => decodeWorkspace(text)).toThrow(/breakpoints\.1\.place\.location: somewhere is not an address/);
});

it('reads breakpoints from a file of their own and from a workspace', () => {
  expect(decodeBreakpoints(encodeBreakpoints(workspace.breakpoints))).toEqual(workspace.breakpoints);
  expect(decodeBreakpoints(encodeWorkspace(workspace))).toEqual(workspace.breakpoints);
});

it('reads workspaces from before formats, keys and the arrangement of tracks were kept', () => {
  const {
    formats: _formats,
    keys: _keys,
    timeline: _timeline,
    ...old
  } = JSON.parse(encodeWorkspace(workspace)) as Record<string, unknown>;
  expect(decodeWorkspace(JSON.stringify(old))).toEqual(workspace);
});
