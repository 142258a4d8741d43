/** Registers and memory of the thread that GDB has selected. */
import { hexBytes, hexRegister, parseHexRegister } from './packets.ts';
import { type GdbRegister, isInGeneralPacket } from './registers.ts';
import { ERROR, OK, PACKET_SIZE, parseRange } from './replies.ts';
import type { Targets } from './targets.ts';
import type { ThreadId } from './threads.ts';

export class ThreadData {
  constructor(
    private readonly targets: Targets,
    private readonly registers: readonly GdbRegister[],
    private readonly thread: () => ThreadId,
  ) {}

  /** `g`: all registers of the thread. */
  readGeneral(): string {
    const registers = this.targets.registers(this.thread());
    return this.registers
      .filter(isInGeneralPacket)
      .map(({ name, bits }) => hexRegister(registers.read(name), bits))
      .join('');
  }

  /** `G`. */
  writeGeneral(rest: string): string {
    const registers = this.targets.registers(this.thread());
    let at = 0;
    for (const { name, bits } of this.registers.filter(isInGeneralPacket)) {
      const value = parseHexRegister(rest.slice(at, at + bits / 4));
      at += bits / 4;
      // GDB writes all of them to change one: those that stay need not be writable.
      if (value === undefined || registers.read(name) === value) continue;
      if (!registers.write(name, value)) return ERROR.notPermitted;
    }
    return OK;
  }

  /** `p NUMBER`. */
  readRegister(rest: string): string {
    const register = this.registers.at(parseInt(rest, 16));
    if (!register) return ERROR.invalid;
    return hexRegister(this.targets.registers(this.thread()).read(register.name), register.bits);
  }

  /** `P NUMBER=VALUE`. */
  writeRegister(rest: string): string {
    const [number, digits] = rest.split('=');
    const register = this.registers.at(parseInt(number, 16));
    const value = parseHexRegister(digits ?? '');
    if (!register || value === undefined) return ERROR.invalid;
    return this.targets.registers(this.thread()).write(register.name, value) ? OK : ERROR.notPermitted;
  }

  /** `m ADDRESS,LENGTH`. */
  readMemory(rest: string): string {
    const range = parseRange(rest);
    if (!range) return ERROR.invalid;
    const length = Math.min(range.length, PACKET_SIZE / 2);
    const { bytes } = this.targets.system.port.read(this.targets.memory(this.thread()), range.address, length);
    return bytes.length === 0 && length > 0 ? ERROR.fault : hexBytes(bytes);
  }

  /** `M` and `X`: `ADDRESS,LENGTH:DATA`. */
  writeMemory(rest: string, decode: (data: string) => Uint8Array | undefined): string {
    const colon = rest.indexOf(':');
    const range = parseRange(rest.slice(0, Math.max(colon, 0)));
    const bytes = decode(rest.slice(colon + 1));
    if (!range || bytes?.length !== range.length) return ERROR.invalid;
    if (range.length === 0) return OK;
    const fault = this.targets.system.port.write(this.targets.memory(this.thread()), range.address, bytes);
    return fault === undefined ? OK : ERROR.fault;
  }
}
