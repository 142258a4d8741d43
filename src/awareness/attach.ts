/** Makes a debugger that knows Xen and the Linux kernels of its domains. */
import type { DebugPort } from '../emulator/debug-port.ts';
import type { SymbolModule } from '../debugger/contexts/modules.ts';
import { Debugger, type SourceReader } from '../debugger/debugger.ts';
import { Linux } from './linux/linux.ts';
import { Xen } from './xen/xen.ts';

export interface AttachOptions {
  /** What domains are called; Xen does not know. */
  readonly domainName?: (domid: number) => string;
  readonly source?: SourceReader;
}

/** Attaches to a machine. What has no symbols is known by its addresses only. Rejects with `LayoutError` when symbols are not those of Xen or Linux. */
export async function attachDebugger(
  port: DebugPort,
  modules: readonly SymbolModule[],
  { domainName, source }: AttachOptions = {},
): Promise<Debugger> {
  const xenModule = modules.find(({ role }) => role === 'xen');
  const xen = xenModule && (await Xen.open(port, xenModule.file, domainName));
  const session = new Debugger(port, xen, modules, source);
  if (!xen) return session;
  for (const { role, file, domains } of modules) {
    if (role !== 'kernel') continue;
    for (const domid of domains) session.system.kernels.set(domid, await Linux.open(port, file, xen, domid));
  }
  return session;
}
