/** The line between GDB and a machine: one TCP connection on the loopback interface. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { attachDebugger } from '../awareness/attach.ts';
import type { System } from '../debugger/contexts/system.ts';
import { GdbServer } from '../debugger/gdb-server/server.ts';
import { DebugPort } from '../emulator/debug-port.ts';
import type { Pack } from '../pack/load.ts';
import type { Runner } from './runner.ts';
import { openSymbols } from './symbols.ts';

const LOOPBACK = '127.0.0.1';

/** The port cannot be listened on. */
export class GdbPortError extends Error {}

/** Waits for GDB and obeys it until it detaches, kills or goes away. Without a pack all that is known is the pCPUs. */
export async function serveGdb(runner: Runner, pack: Pack, port: number): Promise<void> {
  const listener = await listen(port);
  try {
    const system = await attach(runner, pack);
    process.stderr.write(`gdb: target extended-remote ${LOOPBACK}:${(listener.address() as AddressInfo).port}\n`);
    const [socket] = (await once(listener, 'connection')) as [Socket];
    await talk(system, socket);
  } finally {
    listener.close();
  }
}

async function listen(port: number): Promise<Server> {
  const listener = createServer();
  // One GDB at a time.
  listener.maxConnections = 1;
  listener.listen(port, LOOPBACK);
  try {
    await once(listener, 'listening');
  } catch (error) {
    throw new GdbPortError(`port ${port}: ${(error as Error).message}`);
  }
  return listener;
}

async function attach(runner: Runner, pack: Pack): Promise<System> {
  const port = new DebugPort(runner.machine, (count) => runner.run(count, true));
  const modules = await openSymbols(pack, ['xen', 'kernel']);
  const names = new Map(pack.manifest.domains.map(({ domid, name }) => [domid, name]));
  const { system } = await attachDebugger(port, modules, { domainName: (domid) => names.get(domid) ?? `DomU${domid}` });
  return system;
}

/** Until the end of a conversation. */
export async function talk(system: System, socket: Socket): Promise<void> {
  socket.setNoDelay(true);
  const server = new GdbServer(system, {
    send: (bytes) => void socket.write(bytes),
    pause: () => new Promise((resolve) => setImmediate(resolve)),
  });
  socket.on('data', (bytes: Uint8Array) => server.receive(bytes));
  socket.on('error', () => server.close());
  socket.on('close', () => server.close());
  await server.ended;
  socket.end();
}
