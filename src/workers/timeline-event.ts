/** What happened at a slice of the timeline: the events themselves, and a stack as far as they tell one. */
import { describeEsr, ExceptionClass, syndromeFields } from '../arch/esr.ts';
import { TraceKind, TraceRecord } from '../base/trace-record.ts';
import { exitReason, interruptName } from '../trace/exit-reasons.ts';
import { domidOf, isGuest, NO_VCPU, type VcpuKey, vcpuName } from '../trace/labels.ts';
import type { TimelineModel } from '../trace/model.ts';
import { type Found, sliceAt } from '../trace/seek.ts';
import { SliceTrack } from '../trace/slice-track.ts';
import { SpanTrack } from '../trace/span-track.ts';
import { syscallName } from '../trace/syscalls.ts';
import { type AddressSpace, formatLocation, type Location } from '../protocol/address.ts';
import type { EventFrame, TimelineEvent, TimelineSlice } from '../protocol/timeline.ts';
import type { GuestView } from './guest-view.ts';
import type { Recording } from './recording.ts';
import { formatSymbol } from './symbol-modules.ts';

/** Records that are looked through for the beginning of a stack. */
const FAR = 200_000;

/** Xen's runstates (public/vcpu.h). */
const RUNSTATES = ['running', 'runnable', 'blocked', 'offline'];

/** A record out of its array. */
interface Event {
  readonly kind: number;
  readonly time: number;
  readonly cpu: number;
  readonly el: number;
  readonly vmid: number;
  readonly asid: number;
  readonly pc: bigint;
  readonly low: number;
  readonly high: number;
}

function read(words: Uint32Array, at: number): Event {
  return {
    kind: TraceRecord.kind(words, at),
    time: TraceRecord.time(words, at),
    cpu: TraceRecord.cpu(words, at),
    el: TraceRecord.el(words, at),
    vmid: TraceRecord.vmid(words, at),
    asid: TraceRecord.asid(words, at),
    pc: TraceRecord.pc(words, at),
    low: words[at + 6],
    high: words[at + 7],
  };
}

const KIND_NAMES = new Map<number, string>(Object.entries(TraceKind).map(([name, kind]) => [kind, name]));

/** `exceptionEntry` to `exception entry`. */
const kindText = (kind: number): string =>
  (KIND_NAMES.get(kind) ?? `event ${kind}`).replaceAll(/[A-Z0-9]+/g, (part) => ` ${part.toLowerCase()}`);

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
const wide = ({ low, high }: Event): bigint => (BigInt(high) << 32n) | BigInt(low);

/** A slice as the page knows it. */
export function sliceOf({ entry, from, to, depth, text }: Found): TimelineSlice {
  return { track: entry.id, trackName: entry.name, from, to, depth, text };
}

type Fact = TimelineEvent['facts'][number];

/** An entry record with the detail that came with it. */
interface Entry {
  readonly event: Event;
  readonly detail: Event | undefined;
}

/** The parts of a recording that events are read from. */
export type EventSource = Pick<Recording, 'timelines' | 'store' | 'domidOf'>;

class Describer {
  private readonly model: TimelineModel;

  constructor(
    private readonly recording: EventSource,
    private readonly view: Pick<GuestView, 'lookup'>,
    private readonly slice: Found,
  ) {
    this.model = recording.timelines.model;
  }

  async describe(): Promise<TimelineEvent> {
    const owner = this.owner();
    const cpu = this.cpu(owner);
    const key = this.slice.entry.data.kind === 'markers' && cpu !== undefined ? this.vcpuOn(cpu) : owner;
    const events = cpu === undefined ? [] : this.eventsAt(cpu, this.slice.from);
    const target = isGuest(key)
      ? ({ kind: 'vcpu', domain: domidOf(key), vcpu: key & 0xffff } as const)
      : cpu === undefined
        ? null
        : ({ kind: 'cpu', cpu } as const);
    return {
      slice: sliceOf(this.slice),
      facts: [...this.frameFacts(key, cpu), ...events.flatMap((event, i) => this.facts(event, events[i - 1]))],
      stack: cpu === undefined ? [] : await this.stack(cpu, key),
      target,
      cpu: cpu ?? null,
    };
  }

  private owner(): VcpuKey {
    const { data } = this.slice.entry;
    if (data.kind === 'counter') return -1;
    return this.model.labels.get(data.track.labels.values[this.slice.index]).vcpu;
  }

  /** Whose a pCPU is at the slice's beginning. */
  private vcpuOn(cpu: number): VcpuKey {
    const { vcpus } = this.model.cpus[cpu];
    const index = vcpus.indexAt(this.slice.from);
    return index < 0 ? NO_VCPU : this.model.labels.get(vcpus.labels.values[index]).vcpu;
  }

  /** The pCPU of a slice: of its own track, or where its vCPU was. Of a marker: where an event has its time. */
  private cpu(key: VcpuKey): number | undefined {
    const { cpus } = this.model;
    const own = cpus.find(({ levelsId, vcpusId }) => [levelsId, vcpusId].includes(this.slice.entry.id));
    if (own) return own.cpu;
    if (this.slice.entry.data.kind === 'markers') return this.markerCpu();
    return (cpuOf(this.model, key, this.slice.from) ?? cpuOf(this.model, key, this.slice.from - 1))?.cpu;
  }

  private markerCpu(): number | undefined {
    let cpu: number | undefined;
    this.recording.store.forEachBefore(this.slice.from, (words, at) => {
      const kind = TraceRecord.kind(words, at);
      const isMarker = kind === TraceKind.stop || kind === TraceKind.stimulus;
      if (isMarker && TraceRecord.time(words, at) === this.slice.from) cpu = TraceRecord.cpu(words, at);
      return cpu !== undefined || TraceRecord.time(words, at) < this.slice.from - 100_000;
    });
    return cpu;
  }

  /** Records of a pCPU at one time, in their order. */
  private eventsAt(cpu: number, time: number): Event[] {
    const events: Event[] = [];
    this.recording.store.forEachBefore(time, (words, at) => {
      if (TraceRecord.cpu(words, at) !== cpu) return false;
      if (TraceRecord.time(words, at) < time) return true;
      events.unshift(read(words, at));
      return events.length >= 16;
    });
    return events;
  }

  private frameFacts(key: VcpuKey, cpu: number | undefined): Fact[] {
    const facts = [{ name: 'vCPU', value: isGuest(key) ? vcpuName(key) : 'none: Xen’s own' }];
    if (cpu !== undefined) facts.push({ name: 'pCPU', value: String(cpu) });
    return facts;
  }

  private spaceOf({ el, vmid, cpu }: Event): AddressSpace {
    if (el === 2) return { kind: 'xen' };
    const domain = this.recording.domidOf(vmid);
    return domain === undefined ? { kind: 'cpu', cpu } : { kind: 'guest', domain, el: el === 0 ? 0 : 1 };
  }

  private facts(event: Event, previous: Event | undefined): Fact[] {
    const where = formatLocation({ space: this.spaceOf(event), address: event.pc });
    const from = `${where}, VMID ${event.vmid}, ASID ${hex(event.asid)}`;
    switch (event.kind) {
      case TraceKind.exceptionEntry:
        return [
          { name: `exception to EL${event.high & 3}`, value: `from ${from}` },
          { name: `ESR_EL${event.high & 3}`, value: `${hex(event.low)} ${describeEsr(event.low)}` },
          ...syndromeFields(event.low).map(({ name, value, meaning }) => {
            return { name: `  ${name}`, value: meaning === undefined ? hex(value) : `${hex(value)} ${meaning}` };
          }),
        ];
      case TraceKind.interruptEntry:
        return [{ name: `interrupt to EL${event.high & 3}`, value: `at ${from}` }];
      case TraceKind.exceptionDetail:
        return [detailFact(event, previous)];
      case TraceKind.exceptionReturn:
        return [
          { name: `return to EL${(event.high >>> 24) & 3}`, value: `ELR ${hex(wide(event) & ((1n << 56n) - 1n))}` },
        ];
      case TraceKind.interruptAcknowledge:
      case TraceKind.guestAcknowledge:
        return [{ name: kindText(event.kind), value: interruptName(event.low & 0x3ff) }];
      case TraceKind.contextSwitch:
        return [{ name: 'context switch', value: `${vcpuName(event.low)} to ${vcpuName(event.high)} at ${where}` }];
      case TraceKind.runstate:
        return [{ name: 'runstate', value: `${vcpuName(event.low)} is ${RUNSTATES[event.high] ?? 'unknown'}` }];
      case TraceKind.stop:
        return [{ name: 'debugger', value: `at ${from}` }];
      default:
        return [{ name: kindText(event.kind), value: `${hex(wide(event))} at ${where}` }];
    }
  }

  private async frame(space: AddressSpace, address: bigint): Promise<EventFrame> {
    const location: Location = { space, address };
    const info = await this.view.lookup(space, address).catch(() => undefined);
    const inner = info?.frames[0];
    const name = info?.symbol === undefined ? formatLocation(location) : formatSymbol(info.symbol, info.offset);
    const source = inner && inner.file !== '' ? { path: inner.file, line: inner.line } : null;
    return { kind: 'frame', text: name, location, source };
  }

  /** Probed functions that are open, innermost first. */
  private openFunctions(track: SpanTrack): EventFrame[] {
    const { from } = this.slice;
    const frames: EventFrame[] = [];
    track.forEach(from, from + 1, (index) => {
      if (track.starts.values[index] > from) return;
      const { text } = this.model.labels.get(track.labels.values[index]);
      frames.unshift({ kind: 'note', text: `in ${text} (probed)`, location: null, source: null });
    });
    return frames;
  }

  private async stack(cpu: number, key: VcpuKey): Promise<EventFrame[]> {
    const tracks = this.model.vcpus.get(key);
    const frames: EventFrame[] = tracks ? this.openFunctions(tracks.hypervisorFunctions) : [];
    const here = this.eventsAt(cpu, this.slice.from).at(-1);
    const entered = this.openEntries(cpu);
    const top = here && (await this.hereFrame(here));
    if (top) frames.unshift(top);
    for (const [index, { event, detail }] of entered.entries()) {
      frames.push(boundary(event, detail), await this.frame(this.spaceOf(event), event.pc));
      if (event.el === 1 && index === 0 && tracks) frames.push(...this.openFunctions(tracks.functions));
    }
    const task = tracks && labelAt(this.model, tracks.tasks, this.slice.from);
    if (task) frames.push({ kind: 'note', text: `task ${task}`, location: null, source: null });
    return frames;
  }

  /** Where execution is at an event that is no exception: the exception's own place is in its boundary. */
  private async hereFrame(event: Event): Promise<EventFrame | undefined> {
    if (event.kind === TraceKind.exceptionReturn) {
      const space = this.spaceOf({ ...event, el: (event.high >>> 24) & 3 });
      const address = BigInt.asUintN(64, BigInt.asIntN(56, wide(event)));
      return this.frame(space, address);
    }
    const isEntry =
      event.kind === TraceKind.exceptionEntry ||
      event.kind === TraceKind.interruptEntry ||
      event.kind === TraceKind.exceptionDetail;
    return isEntry ? undefined : this.frame(this.spaceOf(event), event.pc);
  }

  /** Exceptions that have been taken and not returned from, innermost first. */
  private openEntries(cpu: number): Entry[] {
    const entries: Entry[] = [];
    let detail: Event | undefined;
    let returned = 0;
    let level = -1;
    let vmid = -1;
    let count = 0;
    this.recording.store.forEachBefore(this.slice.from, (words, at) => {
      if (TraceRecord.cpu(words, at) !== cpu) return ++count > FAR;
      const event = read(words, at);
      if (event.kind === TraceKind.exceptionDetail) {
        detail = event;
        return false;
      }
      if (level < 0) {
        level = levelAfter(event);
        vmid = event.vmid;
      }
      if (level === 0) return true;
      if (event.vmid !== vmid && level < 2) return ++count > FAR;
      if (event.kind === TraceKind.exceptionReturn && event.el === level) returned++;
      else if (isEntryTo(event, level)) {
        if (returned > 0) returned--;
        else {
          entries.push({ event, detail });
          level = event.el;
          vmid = event.vmid;
        }
        detail = undefined;
      }
      return entries.length >= 12 || ++count > FAR;
    });
    return entries;
  }
}

const isEntryTo = ({ kind, high }: Event, level: number): boolean =>
  (kind === TraceKind.exceptionEntry || kind === TraceKind.interruptEntry) && (high & 3) === level;

/** What the detail of the exception before it means. */
function detailFact(event: Event, exception: Event | undefined): Fact {
  const { low, high } = event;
  const [first, argument] = [hex(low), `X0 ${hex(high)}`];
  switch (exception && exception.low >>> 26) {
    case ExceptionClass.svc:
      return { name: 'system call', value: `${syscallName(low)}: X8 ${first}, ${argument}` };
    case ExceptionClass.hvc:
      return { name: 'call', value: `X16 ${first}, ${argument}` };
    case ExceptionClass.smc:
      return { name: 'call', value: `W0 ${first}` };
    case ExceptionClass.dataAbortLower:
    case ExceptionClass.instructionAbortLower:
      return { name: exception && (exception.high & 3) === 2 ? 'IPA' : 'FAR', value: hex(wide(event)) };
    default:
      return { name: 'detail', value: hex(wide(event)) };
  }
}

/** The exception level that follows an event. */
function levelAfter(event: Event): number {
  if (event.kind === TraceKind.exceptionEntry || event.kind === TraceKind.interruptEntry) return event.high & 3;
  return event.kind === TraceKind.exceptionReturn ? (event.high >>> 24) & 3 : event.el;
}

function boundary(event: Event, detail: Event | undefined): EventFrame {
  const to = event.high & 3;
  const isSvc = event.low >>> 26 === 0x15;
  const reason =
    event.kind === TraceKind.interruptEntry
      ? 'IRQ'
      : to === 2
        ? exitReason(event.low, detail?.low ?? 0, detail?.high ?? 0)
        : isSvc
          ? `SVC ${syscallName(detail?.low ?? 0)}`
          : describeEsr(event.low);
  return { kind: 'boundary', text: `${reason}: EL${event.el} → EL${to}`, location: null, source: null };
}

function labelAt(model: TimelineModel, track: SliceTrack, time: number): string {
  const index = track.indexAt(time);
  return index < 0 ? '' : model.labels.get(track.labels.values[index]).text;
}

function cpuOf(model: TimelineModel, key: VcpuKey, time: number) {
  return model.cpus.find(({ vcpus }) => {
    const index = vcpus.indexAt(time);
    return index >= 0 && model.labels.get(vcpus.labels.values[index]).vcpu === key;
  });
}

/** What is known of the slice of `track` at `time`; null when there is none. */
export async function describeEvent(
  recording: EventSource,
  view: Pick<GuestView, 'lookup'>,
  track: number,
  time: number,
  depth: number,
): Promise<TimelineEvent | null> {
  const slice = sliceAt(recording.timelines.model, track, time, depth);
  return slice ? new Describer(recording, view, slice).describe() : null;
}
