import { expect, it } from 'vitest';
import { IDLE_DOMID, type VcpuKey, vcpuKey } from './labels.ts';
import { TimelineModel } from './model.ts';
import { longestWaits } from './waits.ts';

const D1V0 = vcpuKey(1, 0);
const D2V0 = vcpuKey(2, 0);
const IDLE = vcpuKey(IDLE_DOMID, 0);

/** d1v0 is preempted at 100 and woken at 600; it gets pCPU 0 at 400 and at 650. */
function model(): TimelineModel {
  const made = new TimelineModel(1);
  const { labels } = made;
  const has = (time: number, key: VcpuKey, name: string): void => {
    made.cpus[0].vcpus.set(time, labels.intern(name, 'running', key));
  };
  has(0, D1V0, 'd1v0');
  has(100, D2V0, 'd2v0');
  has(350, IDLE, 'idle');
  has(400, D1V0, 'd1v0');
  has(500, IDLE, 'idle');
  has(650, D1V0, 'd1v0');
  const { states } = made.vcpu(D1V0);
  for (const [time, category] of [
    [0, 'running'],
    [100, 'preempted'],
    [400, 'running'],
    [500, 'blocked'],
    [600, 'runnable'],
    [650, 'running'],
  ] as const) {
    states.set(time, labels.intern(category, category, D1V0));
  }
  made.advance(1000);
  return made;
}

it('lists who waited, longest first, and who had the pCPU meanwhile', () => {
  expect(longestWaits(model(), 0, 1000, 10)).toMatchObject([
    {
      vcpu: D1V0,
      from: 100,
      to: 400,
      wasPreempted: true,
      cpu: 0,
      blame: [
        { vcpu: D2V0, time: 250 },
        { vcpu: IDLE, time: 50 },
      ],
    },
    { vcpu: D1V0, from: 600, to: 650, wasPreempted: false, blame: [{ vcpu: IDLE, time: 50 }] },
  ]);
});

it('keeps to the stretch and the number asked for', () => {
  expect(longestWaits(model(), 450, 1000, 10).map(({ from }) => from)).toEqual([600]);
  expect(longestWaits(model(), 0, 1000, 1).map(({ from }) => from)).toEqual([100]);
});

it('names no pCPU for one who still waits', () => {
  const made = model();
  made.vcpu(D2V0).states.set(350, made.labels.intern('preempted', 'preempted', D2V0));
  made.vcpu(D2V0).states.advance(1000);
  expect(longestWaits(made, 0, 1000, 1)).toMatchObject([{ vcpu: D2V0, from: 350, to: 1000, cpu: null, blame: [] }]);
});
