/** The line between GDB and a machine: one TCP connection on the loopback interface. */
import { on, once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { attachDebugger } from '../awareness/attach.ts';
import type { System } from '../debugger/contexts/system.ts';
import type { Debugger } from '../debugger/debugger.ts';
import type { Ending } from '../debugger/gdb-server/connection.ts';
import { type Monitor, monitorOf } from '../debugger/gdb-server/monitor.ts';
import { GdbServer } from '../debugger/gdb-server/server.ts';
import { DebugPort } from '../emulator/debug-port.ts';
import type { Pack } from '../pack/load.ts';
import type { Runner } from './runner.ts';
import { openSymbols } from './symbols.ts';

const LOOPBACK = '127.0.0.1';

/** The port cannot be listened on. */
export class GdbPortError extends Error {}

/** Waits for GDB and obeys it until it detaches or kills; one that goes away without may come back. Without a pack all that is known is the pCPUs. */
export async function serveGdb(runner: Runner, pack: Pack, port: number): Promise<void> {
  const listener = await listen(port);
  try {
    const session = await attach(runner, pack);
    // One GDB at a time: another that comes waits for its turn.
    const connections = on(listener, 'connection') as AsyncIterable<[Socket]>;
    process.stderr.write(`gdb: target extended-remote ${LOOPBACK}:${(listener.address() as AddressInfo).port}\n`);
    for await (const [socket] of connections) {
      if ((await talk(session.system, socket, monitorOf(session))) === 'left') return;
      process.stderr.write('gdb: the connection has ended without a detach; the machine waits for another\n');
    }
  } finally {
    listener.close();
  }
}

async function listen(port: number): Promise<Server> {
  const listener = createServer();
  listener.listen(port, LOOPBACK);
  try {
    await once(listener, 'listening');
  } catch (error) {
    throw new GdbPortError(`port ${port}: ${(error as Error).message}`);
  }
  return listener;
}

async function attach(runner: Runner, pack: Pack): Promise<Debugger> {
  const port = new DebugPort(runner.machine, (count) => runner.run(count, true));
  const modules = await openSymbols(pack, ['xen', 'kernel']);
  const names = new Map(pack.manifest.domains.map(({ domid, name }) => [domid, name]));
  return attachDebugger(port, modules, { domainName: (domid) => names.get(domid) ?? `DomU${domid}` });
}

/** Until the end of a conversation. */
export async function talk(system: System, socket: Socket, monitor?: Monitor): Promise<Ending> {
  socket.setNoDelay(true);
  const line = {
    send: (bytes: Uint8Array): void => void socket.write(bytes),
    pause: () => new Promise<void>((resolve) => setImmediate(resolve)),
  };
  const server = new GdbServer(system, line, monitor);
  socket.on('data', (bytes: Uint8Array) => server.receive(bytes));
  socket.on('error', () => server.close());
  socket.on('close', () => server.close());
  const ending = await server.ended;
  socket.end();
  return ending;
}
