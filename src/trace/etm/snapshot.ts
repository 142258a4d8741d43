/** The files that OpenCSD takes a trace from: a description of the core and its trace unit, the trace, and the memory that was executed. */

/** A stretch of the memory that the traced core executed. */
export interface CodeDump {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

/** One core's trace. */
export interface EtmSnapshot {
  readonly trace: Uint8Array;
  readonly startPc: bigint;
  readonly code: readonly CodeDump[];
}

/** TRCCONFIGR: context ID and VMID are traced. */
const TRCCONFIGR = 0xc1;
/** ID registers of the A53's ETM (DDI 0500 13.8): ETMv4.0, 64-bit addresses, 4-byte context ID, 1-byte VMID. */
const ETM_REGISTERS: readonly (readonly [name: string, offset: string, value: number])[] = [
  ['TRCCONFIGR', '0x004', TRCCONFIGR],
  ['TRCTRACEIDR', '0x010', 0x10],
  ['TRCAUTHSTATUS', '0x3EE', 0xcc],
  ['TRCIDR0', '0x078', 0x28000ea1],
  ['TRCIDR1', '0x079', 0x4100f403],
  ['TRCIDR2', '0x07A', 0x488],
  ['TRCIDR8', '0x060', 0],
  ['TRCIDR9', '0x061', 0],
  ['TRCIDR10', '0x062', 0],
  ['TRCIDR11', '0x063', 0],
  ['TRCIDR12', '0x064', 0],
  ['TRCIDR13', '0x065', 0],
];

const hex = (value: bigint | number): string => `0x${value.toString(16).toUpperCase()}`;

/** Files by name. */
export function snapshotFiles(snapshot: EtmSnapshot): Map<string, string | Uint8Array> {
  const files = new Map<string, string | Uint8Array>([
    ['snapshot.ini', section('snapshot', ['version=1.0']) + section('device_list', DEVICES) + section('trace', META)],
    [
      'trace.ini',
      section('trace_buffers', ['buffers=buffer0']) +
        section('buffer0', ['name=ETB_0', 'file=trace.bin', 'format=source_data']) +
        section('source_buffers', ['ETM_0=ETB_0']) +
        section('core_trace_sources', ['cpu_0=ETM_0']),
    ],
    ['cpu_0.ini', coreDescription(snapshot)],
    ['etm_0.ini', etmDescription()],
    ['trace.bin', snapshot.trace],
  ]);
  for (const [index, { bytes }] of snapshot.code.entries()) files.set(dumpName(index), bytes);
  return files;
}

const DEVICES = ['device0=cpu_0.ini', 'device1=etm_0.ini'];
const META = ['metadata=trace.ini'];

function section(name: string, lines: readonly string[]): string {
  return `[${name}]\n${lines.join('\n')}\n\n`;
}

const dumpName = (index: number): string => `mem_${index}.bin`;

function coreDescription({ startPc, code }: EtmSnapshot): string {
  const device = section('device', ['name=cpu_0', 'class=core', 'type=Cortex-A53']);
  const registers = section('regs', [`PC(size:64)=${hex(startPc)}`, 'CPSR=0x5']);
  const dumps = code.map(({ address, bytes }, index) =>
    section(`dump${index}`, [`file=${dumpName(index)}`, `address=${hex(address)}`, `length=${hex(bytes.length)}`]),
  );
  return device + registers + dumps.join('');
}

function etmDescription(): string {
  const registers = ETM_REGISTERS.map(([name, offset, value]) => `${name}(${offset})=${hex(value)}`);
  return section('device', ['name=ETM_0', 'class=trace_source', 'type=ETM4']) + section('regs', registers);
}
