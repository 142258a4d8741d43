/** Processes and threads of GDB's remote protocol: a process is a domain, a thread one of its vCPUs; Xen is a process, and pCPUs are its threads. */

/** One thread. The numbers begin with 1: 0 and -1 mean any and all. */
export interface ThreadId {
  /** Domid + 1, or `XEN_PID`. */
  readonly pid: number;
  /** Number of the vCPU + 1; of the pCPU + 1 for Xen. */
  readonly tid: number;
}

/** DOMID_XEN (public/xen.h) + 1: no domain can have it. */
export const XEN_PID = 0x7ff3;

/** Pid or tid of a selection that means every one. */
const ALL = -1;
/** Pid or tid of a selection that means whichever. */
const ANY = 0;

/** `p2.1`, numbers in hexadecimal; only the thread's for a client that knows one process. */
export function formatThread({ pid, tid }: ThreadId, isMultiprocess: boolean): string {
  return isMultiprocess ? `p${pid.toString(16)}.${tid.toString(16)}` : tid.toString(16);
}

/** Reads `p2.1`, `p2` (all its threads), `1`, `-1`; a thread alone is one of `defaultPid`. Undefined when it is none of these. */
export function parseThread(text: string, defaultPid: number): ThreadId | undefined {
  const match = /^(?:p(-1|[0-9a-f]+)(?:\.(-1|[0-9a-f]+))?|(-1|[0-9a-f]+))$/i.exec(text);
  if (!match) return undefined;
  const [, pid, tid, alone] = match;
  if (alone !== undefined) return { pid: defaultPid, tid: parseInt(alone, 16) };
  return { pid: parseInt(pid, 16), tid: tid === undefined ? ALL : parseInt(tid, 16) };
}

export function isSameThread(a: ThreadId, b: ThreadId): boolean {
  return a.pid === b.pid && a.tid === b.tid;
}

/** True when a selection, which may say any or all, includes a thread. */
export function selects(selection: ThreadId, thread: ThreadId): boolean {
  const fits = (wanted: number, number: number): boolean => wanted === ALL || wanted === ANY || wanted === number;
  return fits(selection.pid, thread.pid) && fits(selection.tid, thread.tid);
}
