/** Names of Xen's hypercalls (public/xen.h, the same in all versions) and of the sub-operations that tell most (public/sched.h, public/event_channel.h, ...). */

const NAMES: Readonly<Record<number, string>> = {
  0: 'set_trap_table',
  1: 'mmu_update',
  2: 'set_gdt',
  3: 'stack_switch',
  4: 'set_callbacks',
  5: 'fpu_taskswitch',
  6: 'sched_op_compat',
  7: 'platform_op',
  8: 'set_debugreg',
  9: 'get_debugreg',
  10: 'update_descriptor',
  12: 'memory_op',
  13: 'multicall',
  14: 'update_va_mapping',
  15: 'set_timer_op',
  16: 'event_channel_op_compat',
  17: 'xen_version',
  18: 'console_io',
  19: 'physdev_op_compat',
  20: 'grant_table_op',
  21: 'vm_assist',
  22: 'update_va_mapping_otherdomain',
  23: 'iret',
  24: 'vcpu_op',
  25: 'set_segment_base',
  26: 'mmuext_op',
  27: 'xsm_op',
  28: 'nmi_op',
  29: 'sched_op',
  30: 'callback_op',
  31: 'xenoprof_op',
  32: 'event_channel_op',
  33: 'physdev_op',
  34: 'hvm_op',
  35: 'sysctl',
  36: 'domctl',
  37: 'kexec_op',
  38: 'tmem_op',
  39: 'argo_op',
  40: 'xenpmu_op',
  41: 'dm_op',
  42: 'hypfs_op',
};

/** Names by number. */
export const HYPERCALLS: ReadonlyMap<number, string> = new Map(
  Object.entries(NAMES).map(([number, name]) => [Number(number), name]),
);

/** First argument of the hypercalls that are named by it. */
const OPERATIONS: Readonly<Record<number, readonly string[]>> = {
  18: ['write', 'read'],
  24: ['initialise', 'up', 'down', 'is_up', 'get_runstate_info', 'register_runstate', 'set_periodic', 'stop_periodic'],
  29: ['yield', 'block', 'shutdown', 'poll', 'remote_shutdown', 'shutdown_code', 'watchdog', 'pin_override'],
  32: [
    'bind_interdomain',
    'bind_virq',
    'bind_pirq',
    'close',
    'send',
    'status',
    'alloc_unbound',
    'bind_ipi',
    'bind_vcpu',
    'unmask',
    'reset',
    'init_control',
    'expand_array',
    'set_priority',
  ],
  34: ['set_param', 'get_param'],
};

/** Immediate of the HVC instruction that makes a hypercall (public/arch-arm.h: XEN_HYPERCALL_TAG). */
export const XEN_HYPERCALL_TAG = 0xea1;
/** `event_channel_op(send)`. `number` is X16, `operation` X0. */
export function hypercallName(number: number, operation: number): string {
  const name = NAMES[number] ?? `hypercall ${number}`;
  const sub = OPERATIONS[number]?.[operation];
  return sub === undefined ? name : `${name}(${sub})`;
}

/** How a hypercall that notifies an event channel is called. */
export const EVENT_SEND = hypercallName(32, 4);

const FIRMWARE: Readonly<Record<number, string>> = {
  0x8000_0000: 'SMCCC_VERSION',
  0x8000_0001: 'SMCCC_ARCH_FEATURES',
  0x8400_0000: 'PSCI_VERSION',
  0x8400_0002: 'PSCI_CPU_OFF',
  0x8400_0006: 'PSCI_MIGRATE_INFO_TYPE',
  0x8400_0008: 'PSCI_SYSTEM_OFF',
  0x8400_0009: 'PSCI_SYSTEM_RESET',
  0x8400_000a: 'PSCI_FEATURES',
  0xc400_0001: 'PSCI_CPU_SUSPEND',
  0xc400_0003: 'PSCI_CPU_ON',
  0xc400_0004: 'PSCI_AFFINITY_INFO',
};

/** Name of an SMC Calling Convention function (Arm DEN 0028, DEN 0022), given W0. */
export function firmwareFunctionName(id: number): string {
  return FIRMWARE[id] ?? `function 0x${id.toString(16)}`;
}
