/** What Xen's and Linux's own structures say. Column names are those of `xl list` and `xl vcpu-list`. */

/** A row of `xl list`. */
export interface DomainRow {
  readonly name: string;
  readonly domid: number;
  /** MiB. */
  readonly memory: number;
  readonly vcpus: number;
  /** Letters of `r b p s c d`, a dash for each that is not set. */
  readonly state: string;
  /** Seconds of CPU time. */
  readonly time: number;
  readonly vmid: number;
  readonly vttbr: bigint;
  /** Address of `struct domain`, in Xen's space. */
  readonly address: bigint;
}

/** Xen's runstates. */
export type Runstate = 'running' | 'runnable' | 'blocked' | 'offline';

/** A row of `xl vcpu-list`. */
export interface VcpuRow {
  readonly domainName: string;
  readonly domid: number;
  readonly vcpu: number;
  /** pCPU it runs on or ran on last; null for none. */
  readonly cpu: number | null;
  readonly runstate: Runstate;
  /** State column of xl: `r--`, `-b-`, `--p`. */
  readonly state: string;
  readonly time: number;
  readonly affinity: string;
  /** Address of `struct vcpu`, in Xen's space. */
  readonly address: bigint;
  /** Program counter now, live or saved. */
  readonly pc: bigint;
  readonly symbol: string | null;
}

/** A Linux task. */
export interface TaskRow {
  readonly domid: number;
  readonly pid: number;
  readonly tgid: number;
  readonly comm: string;
  /** `R`, `S`, `D`, `I`, ... as ps prints it. */
  readonly state: string;
  /** vCPU it is current on; null when it is not running. */
  readonly vcpu: number | null;
  /** Address of `struct task_struct`, at EL1 of the domain. */
  readonly address: bigint;
}
