/** The stimulus events of a recording. */
import { RECORD_WORDS, TraceKind, TraceRecord } from '../../base/trace-record.ts';
import type { EventStore } from '../event-store.ts';
import { StpEncoder, type StimulusEvent } from './encoder.ts';

/** Flags in bits 31:24 of the high half of the argument. */
const MARKED = 1;
const TIMESTAMPED = 2;
const FLAG = 4;
const TRIGGER = 8;

/** Reads a `stimulus` record. */
function stimulusEvent(words: Uint32Array, at: number): StimulusEvent {
  const high = TraceRecord.high(words, at);
  const flags = high >>> 24;
  return {
    time: TraceRecord.time(words, at),
    cpu: TraceRecord.cpu(words, at),
    port: high & 0xffff,
    value: TraceRecord.low(words, at),
    size: (high >>> 16) & 3,
    isMarked: (flags & MARKED) !== 0,
    isTimestamped: (flags & TIMESTAMPED) !== 0,
    isFlag: (flags & FLAG) !== 0,
    isTrigger: (flags & TRIGGER) !== 0,
  };
}

/** All stimulus events of a recording as one STPv2 stream. */
export function stpStream(store: EventStore): Uint8Array {
  const encoder = new StpEncoder();
  store.forEachPiece((words) => {
    for (let at = 0; at < words.length; at += RECORD_WORDS) {
      if (TraceRecord.kind(words, at) === TraceKind.stimulus) encoder.add(stimulusEvent(words, at));
    }
  });
  return encoder.finish();
}

/** What OpenCSD needs beside `trace.bin` to read an STPv2 stream: files by name. */
export function stpSnapshotFiles(stream: Uint8Array): Map<string, string | Uint8Array> {
  return new Map<string, string | Uint8Array>([
    ['snapshot.ini', '[snapshot]\nversion=1.0\n\n[device_list]\ndevice0=stm_0.ini\n\n[trace]\nmetadata=trace.ini\n'],
    [
      'trace.ini',
      '[trace_buffers]\nbuffers=buffer0\n\n[buffer0]\nname=ETB_0\nfile=trace.bin\nformat=source_data\n\n[source_buffers]\nSTM_0=ETB_0\n',
    ],
    [
      'stm_0.ini',
      '[device]\nname=STM_0\nclass=trace_source\ntype=STM\n\n[regs]\nSTMTCSR(0x3A0)=0x00200001\nSTMDEVID(0x3F2)=0x10000\nSTMSPFEAT3R(0x3AA)=0x7F\n',
    ],
    ['trace.bin', stream],
  ]);
}
